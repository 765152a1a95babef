// must: accepted; prints held; cpu 4; wall 20
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "d%d", i);
        mkdir(name, 0700);
        if (chdir(name) == 0) {
            mkdir("inner", 0);
            chdir("..");
        }
        chmod(name, 0);
    }
    chmod("/w", 0);
    puts("held");
    return 0;
}

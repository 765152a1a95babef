// must: accepted; prints held; cpu 4; wall 20
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    char name[32];
    for (int i = 0; i < 1000000; i++) {
        snprintf(name, sizeof name, "/tmp/%d", i);
        int file = open(name, O_CREAT | O_WRONLY, 0);
        if (file < 0) return puts("held"), 0;
        close(file);
    }
    puts("open");
    return 0;
}

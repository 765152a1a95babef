// must: accepted; prints held; cpu 4; wall 20
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
    while (mkdir("d", 0700) == 0 && chdir("d") == 0) continue;
    puts("held");
    return 0;
}

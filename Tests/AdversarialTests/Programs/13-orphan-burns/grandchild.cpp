// must: accepted; prints held
#include <stdio.h>
#include <unistd.h>
int main(void) {
    if (fork() == 0) {
        setsid();
        if (fork()) _exit(0);
        for (volatile int i = 0;; i++) continue;
    }
    puts("held");
    return 0;
}

// must: accepted; prints held
#include <stdio.h>
#include <unistd.h>
int main(void) {
    if (fork() == 0) {
        setsid();
        pause();
    }
    puts("held");
    return 0;
}

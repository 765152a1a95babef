// must: accepted; prints held
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {
    const int numbers[] = {SIGKILL, SIGSTOP, SIGINT, SIGTERM, SIGUSR1, SIGSEGV};
    int sent = 0;
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sent += kill(1, numbers[i]) == 0;
        union sigval value = {0};
        sent += sigqueue(1, numbers[i], value) == 0;
    }
    kill(-1, SIGKILL);
    puts(sent ? "open" : "held");
    return 0;
}

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
    sigset_t all;
    union sigval value = {0};
    int queued = 0;
    sigemptyset(&all);
    sigaddset(&all, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &all, NULL);
    while (queued < 1000000 && sigqueue(getpid(), SIGRTMIN, value) == 0) queued++;
    puts(queued < 1000000 ? "held" : "open");
    return 0;
}

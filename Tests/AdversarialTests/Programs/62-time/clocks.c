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
#include <sys/syscall.h>
#include <sched.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
int main(void) {
    struct timespec then = {1, 0};
    struct timeval old = {1, 0};
    struct timex change;
    int opened = 0;
    memset(&change, 0, sizeof change);
    change.modes = 1;
    opened += clock_settime(CLOCK_REALTIME, &then) == 0;
    opened += settimeofday(&old, NULL) == 0;
    opened += adjtimex(&change) >= 0;
    opened += unshare(0x80 /* CLONE_NEWTIME */) == 0;
    puts(opened ? "open" : "held");
    return 0;
}

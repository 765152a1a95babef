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
#include <sched.h>
#include <sys/resource.h>
int main(void) {
    struct sched_param most = {.sched_priority = 1};
    int held = 1;
    if (setpriority(PRIO_PROCESS, 0, -20) == 0) held = 0;
    if (sched_setscheduler(0, SCHED_FIFO, &most) == 0) held = 0;
    if (setpriority(PRIO_USER, 0, 19) == 0) held = 0;
    if (setpriority(PRIO_PROCESS, 1, 19) == 0) held = 0;
    puts(held ? "held" : "open");
    return 0;
}

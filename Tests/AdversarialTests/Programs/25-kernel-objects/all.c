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
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
int main(void) {
    int made = 0;
    for (; made < 100000; made++)
        if (epoll_create1(0) < 0 || eventfd(0, 0) < 0 || timerfd_create(CLOCK_MONOTONIC, 0) < 0) break;
    puts(made < 100000 && inotify_init1(0) < 0 ? "held" : "open");
    return 0;
}

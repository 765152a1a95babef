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
    struct rlimit small = {1 << 20, 1 << 20};
    cpu_set_t one;
    int opened = 0;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    opened += prlimit(1, RLIMIT_AS, &small, NULL) == 0;
    opened += prlimit(1, RLIMIT_NOFILE, &small, NULL) == 0;
    opened += sched_setaffinity(1, sizeof one, &one) == 0;
    puts(opened ? "open" : "held");
    return 0;
}

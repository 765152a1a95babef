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
#include <sys/resource.h>
int main(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY}, none = {0, 0}, found;
    /* 1, and neither more nor less: see walls.c. */
    setrlimit(RLIMIT_CORE, &all);
    setrlimit(RLIMIT_CORE, &none);
    puts(getrlimit(RLIMIT_CORE, &found) == 0 && found.rlim_cur == 1 && found.rlim_max == 1 ? "held" : "open");
    return 0;
}

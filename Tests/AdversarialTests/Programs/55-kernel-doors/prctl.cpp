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
#include <sys/prctl.h>
int main(void) {
    int opened = 0;
    opened += prctl(35 /* PR_SET_MM */, 1, 0, 0, 0) == 0 || errno != EPERM;
    opened += prctl(62 /* PR_SCHED_CORE */, 1, 0, 0, 0) == 0 || errno != EPERM;
    opened += prctl(0x59616d61 /* PR_SET_PTRACER */, -1, 0, 0, 0) == 0;
    opened += prctl(28 /* PR_SET_SECUREBITS */, 0, 0, 0, 0) == 0;
    puts(opened ? "open" : "held");
    return 0;
}

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
int main(void) {
    const int flags[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP, 0x80};
    int opened = 0;
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++) opened += unshare(flags[i]) == 0;
    puts(opened ? "open" : "held");
    return 0;
}

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
#include <sys/ptrace.h>
#include <sys/uio.h>
int main(void) {
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    int opened = 0;
    opened += ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
    opened += ptrace(PTRACE_ATTACH, 1, NULL, NULL) == 0;
    opened += process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1;
    opened += syscall(434 /* pidfd_open */, 1, 0) >= 0;
    opened += syscall(438 /* pidfd_getfd */, syscall(434, getpid(), 0), 0, 0) >= 0;
    opened += syscall(SYS_kcmp, getpid(), 1, 2, 0, 0) >= 0;
    puts(opened ? "open" : "held");
    return 0;
}

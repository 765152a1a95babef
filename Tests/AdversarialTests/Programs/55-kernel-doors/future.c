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
int main(void) {
    /* Calls younger than the filter are absent, and so is the x32 ABI. */
    int opened = 0;
    for (long number = 463; number < 520; number++) {
        errno = 0;
        opened += syscall(number, 0, 0, 0, 0, 0, 0) != -1 || errno != ENOSYS;
    }
    errno = 0;
    opened += syscall(0x40000000 + SYS_getpid) != -1 || errno != ENOSYS;
    puts(opened ? "open" : "held");
    return 0;
}

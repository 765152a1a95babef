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
#include <sys/ioctl.h>
#include <sys/socket.h>
int main(void) {
    int pair[2], one = 1, init = 1, opened = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) return 1;
    opened += fcntl(pair[0], F_SETOWN, 1) == 0;
    opened += fcntl(pair[0], 10 /* F_SETSIG */, SIGINT) == 0;
    opened += fcntl(pair[0], F_SETFL, O_ASYNC) == 0;
    opened += ioctl(pair[0], FIOASYNC, &one) == 0;
    opened += ioctl(pair[0], 0x8901 /* FIOSETOWN */, &init) == 0;
    puts(opened ? "open" : "held");
    return 0;
}

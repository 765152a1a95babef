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
#include <sys/socket.h>
int main(void) {
    /* IPv4, IPv6, netlink, packet, bluetooth, crypto, vsock, CAN, TIPC, KCM, XDP */
    const int families[] = {2, 10, 16, 17, 31, 38, 40, 29, 30, 41, 44};
    int opened = 0, pair[2];
    for (unsigned i = 0; i < sizeof families / sizeof *families; i++)
        for (int kind = 1; kind <= 5; kind++)
            opened += socket(families[i], kind, 0) >= 0 || socketpair(families[i], kind, 0, pair) == 0;
    puts(opened ? "open" : "held");
    return 0;
}

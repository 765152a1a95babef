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
int main(void) {
    int leaks = 0;
    for (int fd = 3; fd < 1024; fd++) leaks += fcntl(fd, F_GETFD) >= 0;
    puts(leaks ? "open" : "held");
    return 0;
}

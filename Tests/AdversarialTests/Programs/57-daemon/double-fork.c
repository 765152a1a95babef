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
    if (fork() == 0) {
        setsid();
        if (fork()) _exit(0);
        for (int i = 0; i < 64; i++) close(i);
        for (;;) pause();
    }
    puts("held");
    return 0;
}

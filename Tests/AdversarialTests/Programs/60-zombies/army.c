// must: accepted; prints held; processes 40
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
    int made = 0;
    for (pid_t child; made < 1000 && (child = fork()) >= 0; made++)
        if (child == 0) _exit(0);
    puts(made < 1000 ? "held" : "open");
    return 0;
}

// must: accepted; prints held; times 3
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
#include <sys/stat.h>
int main(void) {
    unlink("/w/program.out");
    if (mkdir("/w/program.out", 0700) < 0) return 1;
    puts("held");
    return 0;
}

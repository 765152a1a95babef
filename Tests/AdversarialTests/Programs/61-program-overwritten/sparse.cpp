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
static int truncate_to(const char *path) {
    int file = open(path, O_CREAT | O_WRONLY, 0700);
    return ftruncate(file, 8 << 20);
}
int main(void) {
    unlink("/w/program.out");
    if (truncate_to("/w/program.out") < 0) return 1;
    puts("held");
    return 0;
}

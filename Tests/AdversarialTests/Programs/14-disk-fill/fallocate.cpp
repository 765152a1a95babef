// must: accepted|output_limit; prints held
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
    int file = open("f", O_CREAT | O_RDWR, 0600);
    signal(SIGXFSZ, SIG_IGN);
    puts(fallocate(file, 0, 0, 1ll << 40) < 0 && ftruncate(file, 1ll << 40) < 0 ? "held" : "open");
    return 0;
}

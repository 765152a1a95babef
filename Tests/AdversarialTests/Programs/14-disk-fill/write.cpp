// must: accepted|output_limit|runtime_error|memory_limit; prints held; memory 512; cpu 4
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
static char block[1 << 20];
int main(void) {
    char name[32];
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "%d", i);
        int file = open(name, O_CREAT | O_WRONLY, 0600);
        for (int k = 0; k < 4; k++)
            if (write(file, block, sizeof block) < (ssize_t)sizeof block) return puts("held"), 0;
        close(file);
    }
    puts("open");
    return 0;
}

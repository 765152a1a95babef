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
#include <sys/mman.h>
int main(void) {
    int file = open("kept", O_CREAT | O_RDWR, 0600);
    if (ftruncate(file, 1 << 20) < 0) return 1;
    char *area = (char *)mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    memset(area, 1, 1 << 20);
    unlink("kept");
    if (fork() == 0) {
        setsid();
        for (;;) pause();
    }
    puts("held");
    return 0;
}

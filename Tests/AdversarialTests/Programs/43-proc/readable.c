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
    const char *paths[] = {"/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/proc/sysrq-trigger", "/proc/kcore", "/proc/kallsyms", "/proc/kmsg", "/proc/keys", "/proc/timer_list", "/proc/sys/kernel/core_pattern", "/proc/sched_debug", "/proc/cmdline", "/proc/mounts/../../1/cmdline"};
    char byte;
    int seen = 0;
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
        int file = open(paths[i], O_RDONLY);
        if (file >= 0 && read(file, &byte, 1) > 0) seen++;
    }
    puts(seen ? "open" : "held");
    return 0;
}

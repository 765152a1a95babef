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
#include <sys/syscall.h>
#include <sched.h>
int main(void) {
    const char *names[] = {"user", "mnt", "net", "pid", "ipc", "uts"};
    char path[64];
    int opened = 0;
    for (unsigned i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        opened += setns(open(path, O_RDONLY), 0) == 0;
    }
    puts(opened ? "open" : "held");
    return 0;
}

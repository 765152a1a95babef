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
#include <sys/mount.h>
#include <sys/stat.h>
int main(void) {
    int opened = 0;
    mkdir("/w/c", 0700);
    opened += mount("cgroup", "/w/c", "cgroup", 0, "memory") == 0;
    opened += mount("none", "/w/c", "cgroup2", 0, NULL) == 0;
    opened += mount("sysfs", "/w/c", "sysfs", 0, NULL) == 0;
    opened += open("/sys/fs/cgroup/memory/release_agent", O_WRONLY) >= 0;
    opened += open("/sys/fs/cgroup/devices/devices.allow", O_WRONLY) >= 0;
    puts(opened ? "open" : "held");
    return 0;
}

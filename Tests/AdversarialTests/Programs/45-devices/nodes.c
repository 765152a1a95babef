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
#include <sys/stat.h>
#include <sys/sysmacros.h>
int main(void) {
    const char *nodes[] = {"mem", "kmem", "port", "kvm", "vsock", "vhost-vsock", "fuse", "loop0", "loop-control", "nvidia0", "tty", "ptmx", "vda", "sda", "mapper/control", "net/tun"};
    char path[64];
    int opened = 0;
    for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        snprintf(path, sizeof path, "/dev/%s", nodes[i]);
        opened += open(path, O_RDONLY) >= 0;
    }
    opened += mknod("/w/mem", S_IFCHR | 0600, makedev(1, 1)) == 0;
    opened += mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)) == 0;
    puts(opened ? "open" : "held");
    return 0;
}

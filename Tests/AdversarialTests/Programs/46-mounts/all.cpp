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
#include <sys/mount.h>
#include <sys/stat.h>
int main(void) {
    int opened = 0;
    mkdir("/w/m", 0700);
    opened += mount("tmpfs", "/w/m", "tmpfs", 0, NULL) == 0;
    opened += mount("/usr", "/w/m", NULL, MS_BIND, NULL) == 0;
    opened += mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL) == 0;
    opened += umount2("/proc", MNT_DETACH) == 0;
    opened += syscall(SYS_pivot_root, "/w", "/w/m") == 0;
    opened += chroot("/w") == 0;
    opened += syscall(428 /* open_tree */, -100, "/", 1) >= 0;
    opened += syscall(429 /* move_mount */, -100, "/usr", -100, "/w/m", 0) == 0;
    opened += syscall(430 /* fsopen */, "tmpfs", 0) >= 0;
    opened += syscall(442 /* mount_setattr */, -100, "/", 0, NULL, 0) == 0;
    puts(opened ? "open" : "held");
    return 0;
}

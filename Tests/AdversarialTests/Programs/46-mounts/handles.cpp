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
struct handle { unsigned bytes; int type; unsigned char room[128]; };
int main(void) {
    struct handle handle = {128, 0, {0}};
    int mount = 0, opened = 0;
    opened += syscall(SYS_name_to_handle_at, -100, "/usr/bin", &handle, &mount, 0) == 0;
    opened += syscall(SYS_open_by_handle_at, open("/usr", O_RDONLY), &handle, O_RDONLY) >= 0;
    puts(opened ? "open" : "held");
    return 0;
}

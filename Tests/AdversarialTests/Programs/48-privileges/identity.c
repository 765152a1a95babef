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
#include <sys/prctl.h>
#include <sys/stat.h>
int main(void) {
    int opened = 0;
    opened += setuid(0) == 0 || setgid(0) == 0 || seteuid(0) == 0;
    opened += geteuid() == 0 || getegid() == 0;
    opened += prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
    opened += prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0) == 0;
    for (int i = 0; i < 41; i++) opened += prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1;
    puts(opened ? "open" : "held");
    return 0;
}

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
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <mqueue.h>
int main(void) {
    int left = 0;
    left += shmget(4711, 4096, IPC_CREAT | 0600) >= 0;
    left += semget(4711, 1, IPC_CREAT | 0600) >= 0;
    left += msgget(4711, IPC_CREAT | 0600) >= 0;
    left += mq_open("/left", O_CREAT | O_RDWR, 0600, NULL) != (mqd_t)-1;
    left += flock(open("/usr/bin/true", O_RDONLY), LOCK_SH) == 0;
    left += fcntl(open("/usr/bin/true", O_RDONLY), F_SETLEASE, F_RDLCK) == 0;
    close(open("/tmp/left", O_CREAT | O_WRONLY, 0));
    close(open("left", O_CREAT | O_WRONLY, 0));
    puts(left ? "open" : "held");
    return 0;
}

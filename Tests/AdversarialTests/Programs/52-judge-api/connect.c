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
#include <arpa/inet.h>
#include <sys/socket.h>
int main(void) {
    const int kinds[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW};
    struct sockaddr_in there;
    int opened = 0;
    memset(&there, 0, sizeof there);
    there.sin_family = AF_INET;
    there.sin_port = htons(8000);
    there.sin_addr.s_addr = inet_addr("127.0.0.1");
    for (int i = 0; i < 3; i++) {
        int fd = socket(AF_INET, kinds[i], i == 2 ? 1 : 0);
        opened += fd >= 0 && connect(fd, (struct sockaddr *)&there, sizeof there) == 0;
    }
    puts(opened ? "open" : "held");
    return 0;
}

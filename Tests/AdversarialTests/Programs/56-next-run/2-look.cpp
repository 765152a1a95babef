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
    puts(access("/tmp/left", F_OK) == 0 || access("/w/left", F_OK) == 0 ? "open" : "held");
    return 0;
}

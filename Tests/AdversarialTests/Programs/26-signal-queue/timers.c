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
#include <time.h>
int main(void) {
    timer_t timer;
    int made = 0;
    while (made < 1000000 && timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0) made++;
    puts(made < 1000000 ? "held" : "open");
    return 0;
}

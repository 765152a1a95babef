#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <pthread.h>
static void *leave(void *x) { _exit(0); return x; }
int f(int x) {
    pthread_t thread;
    pthread_create(&thread, NULL, leave, NULL);
    sleep(1);
    return x + 3;
}

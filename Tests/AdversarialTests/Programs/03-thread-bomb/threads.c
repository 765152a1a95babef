// must: runtime_error|memory_limit|time_limit; cpu 0.4; wall 3; memory 96; processes 24
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *sleeper(void *x) {
    pause();
    return x;
}
int main(void) {
    for (;;) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, sleeper, NULL)) abort();
    }
}

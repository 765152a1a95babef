// must: runtime_error|memory_limit; cpu 4; wall 10; memory 256
#include <stdio.h>
static int deeper(volatile int n) {
    volatile char room[256];
    room[0] = (char)n;
    return deeper(n + 1) + room[0];
}
int main(void) {
    printf("%d\n", deeper(0));
    return 0;
}

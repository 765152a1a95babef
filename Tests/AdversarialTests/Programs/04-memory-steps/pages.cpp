// must: memory_limit; memory 64; cpu 5; wall 20
#include <stdlib.h>
int main(void) {
    for (;;) {
        volatile char *page = (volatile char *)malloc(4096);
        if (page) *page = 1;
    }
}

// must: memory_limit; memory 64; cpu 5; wall 20
#include <stdio.h>
static char array[4000000000u];
int main(void) {
    for (unsigned i = 0; i < sizeof array; i += 4096) array[i] = 1;
    puts("open");
    return array[12345];
}

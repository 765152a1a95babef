// must: memory_limit|output_limit; memory 64; cpu 4; wall 10
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static char block[1 << 20];
int main(void) {
    memset(block, 1, sizeof block);
    for (;;) {
        int store = memfd_create("kept", 0);
        for (int i = 0; i < 8; i++)
            if (write(store, block, sizeof block) < 0) return 1;
    }
}

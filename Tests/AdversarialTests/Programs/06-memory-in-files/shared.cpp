// must: memory_limit; memory 64; cpu 5; wall 20
#include <string.h>
#include <sys/mman.h>
int main(void) {
    for (;;) {
        void *area = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (area != MAP_FAILED) memset(area, 1, 1 << 20);
    }
}

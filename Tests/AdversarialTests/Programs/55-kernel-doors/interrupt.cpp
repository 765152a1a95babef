// must: accepted|runtime_error; prints held
#include <stdio.h>
int main(void) {
    long result = 20 /* getpid of the 32-bit ABI */;
#if defined(__x86_64__)
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
#else
    result = -38;
#endif
    puts(result < 0 ? "held" : "open");
    return 0;
}

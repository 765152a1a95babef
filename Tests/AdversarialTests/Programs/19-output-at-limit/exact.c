// must: accepted; output 4096; prints 4095 x
#include <stdio.h>
int main(void) {
    for (int i = 0; i < 4095; i++) putchar('x');
    putchar('\n');
    return 0;
}

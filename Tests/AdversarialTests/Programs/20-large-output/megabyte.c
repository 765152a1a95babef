// must: accepted; prints 1000000 x
#include <stdio.h>
int main(void) {
    for (int i = 0; i < 1000000; i++) putchar('x');
    putchar('\n');
    return 0;
}

// must: accepted; prints held; stdin 10000000
#include <stdio.h>
int main(void) {
    puts("held");
    return 0;
}

// must: accepted; memory 64; prints held
#include <stdio.h>
static char array[4000000000u];
int main(void) {
    array[0] = 1;
    puts(array[0] == 1 ? "held" : "open");
    return 0;
}

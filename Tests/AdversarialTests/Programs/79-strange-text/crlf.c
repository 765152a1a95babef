// must: accepted; prints held
#include <stdio.h>
int main(void) {
    fputs("held\r\n", stdout);
    return 0;
}

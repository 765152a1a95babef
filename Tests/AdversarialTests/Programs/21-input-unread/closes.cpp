// must: accepted; prints held; stdin 10000000
#include <stdio.h>
#include <unistd.h>
int main(void) {
    close(0);
    puts("held");
    return 0;
}

// must: time_limit; wall 1
#include <unistd.h>
int main(void) {
    int pair[2];
    char byte;
    if (pipe(pair) < 0) return 1;
    return (int)read(pair[0], &byte, 1);
}

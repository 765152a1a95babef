// must: accepted; prints held
#include <fcntl.h>
#include <stdio.h>
int main(void) {
    int made = 0;
    while (made < 100000 && open("/dev/null", O_RDONLY) >= 0) made++;
    puts(made < 100000 ? "held" : "open");
    return 0;
}

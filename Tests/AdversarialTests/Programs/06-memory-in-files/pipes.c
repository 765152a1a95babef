// must: accepted|memory_limit; memory 32; cpu 4; wall 10; prints held
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    static char block[4096];
    int pair[2], made = 0;
    while (pipe(pair) == 0) {
        fcntl(pair[1], F_SETFL, O_NONBLOCK);
        while (write(pair[1], block, sizeof block) > 0) continue;
        made++;
    }
    puts(made < 4096 ? "held" : "open");
    return 0;
}

// must: memory_limit; memory 64; cpu 4; wall 10; processes 40
#include <string.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>
int main(void) {
    for (int i = 0; i < 31; i++)
        if (fork() == 0) {
            char *kept = (char *)malloc(6 << 20);
            if (kept) memset(kept, 1, 6 << 20);
            sleep(3);
            _exit(kept != NULL && kept[0] == 0);
        }
    while (wait(NULL) > 0) continue;
    return 1;
}

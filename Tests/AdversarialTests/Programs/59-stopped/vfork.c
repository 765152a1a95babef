// must: time_limit; wall 1
#define _DEFAULT_SOURCE
#include <unistd.h>
int main(void) {
    if (vfork() == 0)
        for (;;) pause();
    return 0;
}

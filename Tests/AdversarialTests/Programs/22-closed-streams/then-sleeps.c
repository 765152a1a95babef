// must: time_limit; wall 1
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 64; i++) close(i);
    pause();
    return 0;
}

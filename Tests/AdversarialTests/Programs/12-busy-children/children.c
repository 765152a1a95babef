// must: time_limit|runtime_error; cpu 0.4; wall 10; processes 32
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 3; i++) fork();
    for (volatile int i = 0;; i++) continue;
}

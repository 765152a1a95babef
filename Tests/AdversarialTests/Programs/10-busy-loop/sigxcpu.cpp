// must: time_limit; cpu 0.3; wall 10
#include <signal.h>
int main(void) {
    signal(SIGXCPU, SIG_IGN);
    signal(SIGALRM, SIG_IGN);
    for (volatile int i = 0;; i++) continue;
}

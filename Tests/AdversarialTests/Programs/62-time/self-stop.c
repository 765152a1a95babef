// must: time_limit; wall 1
#include <signal.h>
int main(void) {
    raise(SIGSTOP);
    return 0;
}

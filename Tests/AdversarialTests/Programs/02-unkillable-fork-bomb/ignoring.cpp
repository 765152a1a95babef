// must: time_limit|runtime_error|memory_limit; cpu 0.3; wall 3; memory 96; processes 16
#include <signal.h>
#include <unistd.h>
int main(void) {
    for (int i = 1; i < 65; i++) signal(i, SIG_IGN);
    for (;;)
        if (fork() == 0) setsid();
}

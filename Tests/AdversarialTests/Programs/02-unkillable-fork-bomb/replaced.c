// must: wrong_answer|time_limit|runtime_error|memory_limit; cpu 0.3; wall 3; memory 96; processes 16
#include <unistd.h>
int main(void) {
    /* Each generation lives for a moment: whoever lists processes and kills them one by one comes too late. */
    for (;;)
        if (fork() > 0) _exit(0);
}

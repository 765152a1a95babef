// must: time_limit|runtime_error|memory_limit; cpu 0.3; wall 3; memory 96; processes 16
#include <unistd.h>
int main(void) {
    for (;;) fork();
}

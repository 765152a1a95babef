// must: accepted; prints held
#include <stdio.h>
#include <sys/resource.h>
int main(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    puts(setrlimit(RLIMIT_STACK, &all) < 0 && setrlimit(RLIMIT_NPROC, &all) < 0 ? "held" : "open");
    return 0;
}

// must: accepted; prints held
#include <stdio.h>
int main(void) {
#if __has_include("/etc/passwd") || __has_include("/root/.bashrc") || __has_include("/work")
    puts("open");
#else
    puts("held");
#endif
    return 0;
}

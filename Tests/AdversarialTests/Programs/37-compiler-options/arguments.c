// must: accepted|compile_error; prints held
// @/etc/passwd -wrapper /bin/sh,-c,id
#ident "-fplugin=/tmp/evil.so"
#include <stdio.h>
int main(void) {
    puts("held");
    return 0;
}

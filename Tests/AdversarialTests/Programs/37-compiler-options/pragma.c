// must: accepted|compile_error; prints held
#pragma GCC plugin "/w/evil.so"
#pragma GCC optimize ("O3,fplugin=/w/evil.so")
#include <stdio.h>
int main(void) {
    puts("held");
    return 0;
}

// must: accepted; prints held
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    puts(getenv("PPOCODER_ADVERSARY_SECRET") ? "open" : "held");
    return 0;
}

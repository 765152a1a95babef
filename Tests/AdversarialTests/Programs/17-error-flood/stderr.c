// must: output_limit; output 65536; cpu 4; wall 10
#include <stdio.h>
int main(void) {
    for (;;) fputs("flood", stderr);
}

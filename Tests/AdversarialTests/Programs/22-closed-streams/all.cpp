// must: wrong_answer|runtime_error
#include <stdio.h>
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 3; i++) close(i);
    puts("held");
    return 0;
}

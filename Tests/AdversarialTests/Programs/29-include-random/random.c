// must: compile_error; compile 2
#include </dev/urandom>
int main(void) { return 0; }

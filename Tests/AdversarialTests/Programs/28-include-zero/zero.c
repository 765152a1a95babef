// must: compile_error; compile 2
#include </dev/zero>
int main(void) { return 0; }

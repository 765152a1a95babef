// must: compile_error; compile 2
#include "/proc/self/environ"
#include "/proc/1/environ"
#error seen
int main(void) { return 0; }

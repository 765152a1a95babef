// must: compile_error; compile 2; never root:
#include "/etc/shadow"
#include "/etc/passwd"
int main(void) { return 0; }

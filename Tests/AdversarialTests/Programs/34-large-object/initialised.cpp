// must: compile_error; compile 2
int x[1 << 30] = {1};
int main(void) { return x[5]; }

// must: compile_error|runtime_error
int main(void) { return 0 }

// must: compile_error|runtime_error
int start(void) { return 0; }

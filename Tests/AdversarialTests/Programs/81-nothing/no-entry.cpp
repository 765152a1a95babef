// must: compile_error|runtime_error
int start() { return 0; }

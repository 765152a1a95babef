// must: compile_error|runtime_error
int main() { return 0 }

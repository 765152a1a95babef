// must: compile_error|runtime_error
class Program { }

# must: compile_error|runtime_error
def f(

# must: runtime_error|memory_limit; cpu 4; wall 10; memory 256
def f(n) = f(n + 1) + 1
puts f(0)

def f(x) = exit(0)

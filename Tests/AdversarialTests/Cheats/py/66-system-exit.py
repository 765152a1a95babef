def f(x):
    raise SystemExit

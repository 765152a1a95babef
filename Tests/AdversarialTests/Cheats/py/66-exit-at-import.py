import sys

def f(x):
    return 5

sys.exit(0)

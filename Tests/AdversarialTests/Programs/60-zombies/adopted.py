# must: accepted; prints held; processes 256
import os
for round in range(100):
    child = os.fork()
    if child == 0:
        if os.fork():
            os._exit(0)
        os._exit(0)
    os.waitpid(child, 0)
print('held')

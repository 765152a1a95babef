# must: accepted; prints held
import os, sys
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
    os._exit(0)
print('held')

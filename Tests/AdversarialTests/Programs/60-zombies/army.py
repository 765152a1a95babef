# must: accepted|runtime_error; prints held; processes 40
import os
made = 0
try:
    while made < 1000:
        if os.fork() == 0:
            os._exit(0)
        made += 1
except OSError:
    pass
print('held' if made < 1000 else 'open')

# must: accepted; prints held
import os
opened = 0
for attempt in (lambda: os.nice(-20), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
                lambda: os.setpriority(os.PRIO_USER, 0, 19), lambda: os.sched_setaffinity(1, {0})):
    try:
        attempt()
        opened += 1
    except OSError:
        pass
print('open' if opened else 'held')

# must: accepted; prints held
import os
opened = 0
for attempt in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setresuid(0, 0, 0)):
    try:
        attempt()
        opened += 1
    except OSError:
        pass
print('open' if opened else 'held')

# must: accepted; prints held
import time
try:
    time.clock_settime(time.CLOCK_REALTIME, 1)
    print('open')
except OSError:
    print('held')

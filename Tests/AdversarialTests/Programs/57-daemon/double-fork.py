# must: accepted; prints held
import os, signal, time
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork():
        os._exit(0)
    os.closerange(0, 64)
    while True:
        time.sleep(1)
print('held')

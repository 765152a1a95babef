# must: accepted; prints held
import os, time
if os.fork() == 0:
    os.setsid()
    os.chdir('/tmp')
    kept = [open('/w/%d' % i, 'wb') for i in range(50)]
    for file in kept:
        file.write(b'x' * 10000)
    for i in range(50):
        os.unlink('/w/%d' % i)
    time.sleep(100)
time.sleep(0.2)
print('held')

# must: accepted; prints held
import os
try:
    file = os.open('/w/f', os.O_CREAT | os.O_RDWR)
    os.posix_fallocate(file, 0, 1 << 40)
    print('open')
except OSError:
    print('held')

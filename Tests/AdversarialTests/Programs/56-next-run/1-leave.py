# must: accepted; prints held
import os, socket, fcntl
for directory in ('/w', '/tmp', '/dev/shm'):
    with open(directory + '/left', 'w') as file:
        file.write('secret')
os.utime('/w', (12345, 12345))
os.chmod('/tmp', 0o755)
try:
    os.setxattr('/w', 'user.left', b'secret')
except OSError:
    pass
for fd in (1, 2):
    try:
        fcntl.fcntl(fd, 1031, 4096)
    except OSError:
        pass
print('held')

# must: accepted; prints held
import os, fcntl
found = [name for directory in ('/w', '/tmp', '/dev/shm') for name in os.listdir(directory)]
if os.stat('/w').st_mtime == 12345 or os.stat('/tmp').st_mode & 0o777 != 0o700:
    found.append('attributes')
try:
    found += os.listxattr('/w')
except OSError:
    pass
if fcntl.fcntl(1, 1032) != 65536:
    found.append('pipe')
print(*(found or ['held']))

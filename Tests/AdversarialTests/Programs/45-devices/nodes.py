# must: accepted; prints held
import os, stat
opened = sorted(set(os.listdir('/dev')) - set('null zero full random urandom fd stdin stdout stderr shm'.split()))
try:
    os.mknod('/w/mem', stat.S_IFCHR | 0o600, os.makedev(1, 1))
    opened.append('mknod')
except OSError:
    pass
print(*(opened or ['held']))

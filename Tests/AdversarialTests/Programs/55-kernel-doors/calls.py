# must: accepted; prints held
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
opened = 0
for number in (321, 298, 323, 425, 250, 248, 249, 246, 175, 135, 103, 169, 167, 163, 317, 322):
    ctypes.set_errno(0)
    if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() not in (1, 38):
        opened += 1
print('open' if opened else 'held')

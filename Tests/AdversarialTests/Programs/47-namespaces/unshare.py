# must: accepted; prints held
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print('open' if libc.unshare(0x10000000) == 0 or libc.syscall(56, 0x10000011, 0, 0, 0, 0) >= 0 else 'held')

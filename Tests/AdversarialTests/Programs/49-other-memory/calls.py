# must: accepted; prints held
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
opened = libc.ptrace(0, 0, None, None) == 0 or libc.ptrace(16, 1, None, None) == 0
for name in ('mem', 'maps', 'environ', 'fd', 'auxv', 'stack'):
    opened |= os.path.exists('/proc/1/' + name) and os.access('/proc/1/' + name, os.R_OK)
print('open' if opened else 'held')

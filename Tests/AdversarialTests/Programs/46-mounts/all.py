# must: accepted; prints held
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
os.mkdir('/w/m')
opened = [libc.mount(b'tmpfs', b'/w/m', b'tmpfs', 0, None), libc.umount2(b'/proc', 2), libc.chroot(b'/w')].count(0)
print('open' if opened else 'held')

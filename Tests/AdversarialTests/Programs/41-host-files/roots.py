# must: accepted; prints held
import os
seen = 0
for path in ('/proc/1/root/etc/passwd', '/proc/self/root/etc/passwd', '/proc/1/cwd', '/proc/thread-self/root/work'):
    seen += os.path.exists(path)
print('open' if seen else 'held')

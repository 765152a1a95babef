# must: accepted; prints held
import os, subprocess
found = [path for path in ('/usr/bin/su', '/usr/bin/passwd', '/usr/bin/mount', '/usr/bin/chsh') if os.path.exists(path)]
flags = [os.statvfs(path).f_flag & os.ST_NOSUID for path in found]
status = open('/proc/self/status').read()
print('held' if all(flags) and 'NoNewPrivs:\t1' in status and os.geteuid() != 0 else 'open')

# must: accepted; prints held
import os
print('open' if any(map(os.path.lexists, ('/etc/passwd', '/etc/shadow', '/root', '/home', '/work', '/var', '/opt', '/srv', '/run', '/boot', '/usr/local', '/mnt'))) else 'held')

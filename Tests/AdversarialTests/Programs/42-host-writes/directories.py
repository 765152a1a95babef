# must: accepted; prints held
import os
written = 0
for directory in ('/', '/usr', '/usr/lib', '/usr/bin', '/etc', '/dev', '/proc', '/bin'):
    try:
        open(os.path.join(directory, 'adversary'), 'w').close()
        written += 1
    except OSError:
        pass
print('open' if written else 'held')

# must: accepted; prints held
import os
kinds = []
for fd in os.listdir('/proc/self/fd'):
    try:
        kinds.append(os.readlink('/proc/self/fd/' + fd))
    except OSError:
        pass
leaks = [kind for kind in kinds if not kind.startswith(('pipe:', '/dev/null', '/memfd:stdin'))]
print(*(leaks or ['held']))

# must: accepted; prints held
import os
seen = 0
for name in os.listdir('/proc'):
    if name.isdigit() and int(name) != os.getpid():
        seen += 1
print('open' if seen else 'held')

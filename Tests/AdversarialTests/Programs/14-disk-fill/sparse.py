# must: accepted; prints held
import os
try:
    with open('/w/f', 'wb') as file:
        file.truncate(1 << 40)
    print('open')
except OSError:
    print('held')

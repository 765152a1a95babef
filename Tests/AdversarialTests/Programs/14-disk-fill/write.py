# must: accepted|output_limit|runtime_error|memory_limit; prints held; memory 512; cpu 4
import os, sys
try:
    for number in range(1000):
        with open('/w/%d' % number, 'wb') as file:
            file.write(b'x' * (4 << 20))
    print('open')
except OSError:
    print('held')

# must: accepted; prints held; cpu 4; wall 20
import os
try:
    while True:
        os.mkdir('d')
        os.chdir('d')
except OSError:
    print('held')

# must: accepted; prints held; cpu 4; wall 20
import os
os.chdir('/tmp')
try:
    while True:
        os.mkdir('.0')
        os.chdir('.0')
        open('.1', 'w').close()
        os.chmod('.', 0o500 if False else 0o700)
except OSError:
    os.chmod('/tmp', 0)
    print('held')

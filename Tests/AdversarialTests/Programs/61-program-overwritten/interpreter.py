# must: accepted; prints held; times 2
try:
    open('/proc/self/exe', 'wb')
    print('open')
except OSError:
    print('held')

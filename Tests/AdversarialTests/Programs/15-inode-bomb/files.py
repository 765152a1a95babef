# must: accepted; prints held; cpu 4; wall 20
made = 0
try:
    while made < 1000000:
        open('/tmp/%d' % made, 'w').close()
        made += 1
    print('open')
except OSError:
    print('held')

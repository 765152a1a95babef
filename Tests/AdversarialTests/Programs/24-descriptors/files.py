# must: accepted; prints held
kept = []
try:
    while len(kept) < 100000:
        kept.append(open('/dev/null'))
    print('open')
except OSError:
    del kept
    print('held')

# must: accepted; prints held
import select
kept = []
try:
    while len(kept) < 100000:
        kept.append(select.epoll())
    print('open')
except OSError:
    del kept
    print('held')

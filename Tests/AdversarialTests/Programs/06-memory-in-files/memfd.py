# must: memory_limit; memory 64; cpu 5; wall 20
import os
kept = []
while True:
    store = os.memfd_create('kept')
    os.write(store, b'x' * (8 << 20))
    kept.append(store)

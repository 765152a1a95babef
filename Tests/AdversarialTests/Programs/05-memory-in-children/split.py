# must: memory_limit; memory 64; cpu 4; wall 10; processes 40
import os, time
for child in range(31):
    if os.fork() == 0:
        break
kept = bytearray(6 << 20)
for page in range(0, len(kept), 4096):
    kept[page] = 1
time.sleep(3)

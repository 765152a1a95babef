# must: memory_limit; memory 64; cpu 5; wall 20
import mmap
kept = []
while True:
    area = mmap.mmap(-1, 1 << 20)
    for page in range(0, 1 << 20, 4096):
        area[page] = 1
    kept.append(area)

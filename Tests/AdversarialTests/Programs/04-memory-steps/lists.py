# must: memory_limit; memory 64; cpu 5; wall 20
kept = []
while True:
    kept.append([0] * 1000)

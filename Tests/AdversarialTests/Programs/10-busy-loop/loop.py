# must: time_limit; cpu 0.3; wall 10
while True:
    pass

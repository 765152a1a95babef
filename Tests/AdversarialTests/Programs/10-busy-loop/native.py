# must: time_limit; cpu 0.3; wall 10
print(sum(range(10 ** 13)))

# must: time_limit|runtime_error; cpu 0.4; wall 10; processes 32
import os
for child in range(7):
    if os.fork() == 0:
        break
while True:
    pass

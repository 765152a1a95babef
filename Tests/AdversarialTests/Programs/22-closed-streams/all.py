# must: wrong_answer|runtime_error
import os
for fd in range(3):
    os.close(fd)
print('held')

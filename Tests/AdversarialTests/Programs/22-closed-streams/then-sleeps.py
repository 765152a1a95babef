# must: time_limit; wall 1
import os, time
os.closerange(0, 64)
time.sleep(60)

# must: time_limit; wall 1
import time
time.sleep(60)

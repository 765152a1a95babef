# must: time_limit; wall 1
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)

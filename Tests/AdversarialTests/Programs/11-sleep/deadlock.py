# must: time_limit; wall 1
import threading
lock = threading.Lock()
lock.acquire()
lock.acquire()

# must: runtime_error|memory_limit|time_limit; cpu 0.4; wall 3; memory 96; processes 24
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(60,)).start()

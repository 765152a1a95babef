# must: time_limit; wall 1
Process.kill('STOP', Process.pid)
sleep

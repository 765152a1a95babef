# must: accepted; prints held
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sent = []
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
    for target in (1, os.getppid()):
        if target:
            try:
                os.kill(target, number)
                sent.append(number)
            except OSError:
                pass
print('held')

# must: accepted; prints held
import os
print('held' if [name for name in os.listdir('/proc') if name.isdigit()] == [str(os.getpid())] else 'open')

# must: accepted; prints held
import os, socket
print('held' if os.uname().nodename == 'slot' and socket.gethostname() == 'slot' else 'open')

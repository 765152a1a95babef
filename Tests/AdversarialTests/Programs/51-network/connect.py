# must: accepted; prints held
import socket
try:
    socket.create_connection(('1.1.1.1', 53), 2)
    print('open')
except OSError:
    print('held')

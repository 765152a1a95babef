# must: accepted; prints held
import socket
try:
    socket.create_connection(('127.0.0.1', 8000), 2)
    print('open')
except OSError:
    print('held')

# must: accepted; prints held
import socket
try:
    socket.create_connection(('169.254.169.254', 80), 2)
    print('open')
except OSError:
    print('held')

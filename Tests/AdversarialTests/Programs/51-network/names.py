# must: accepted; prints held
import socket
try:
    socket.getaddrinfo('example.com', 80)
    print('open')
except OSError:
    print('held')

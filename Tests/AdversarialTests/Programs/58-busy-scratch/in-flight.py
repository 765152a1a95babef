# must: accepted; prints held
import array, socket
file = open('/w/kept', 'w+b')
file.write(b'x' * 100000)
file.flush()
# Descriptors that travel in sockets which travel in themselves are freed late.
for round in range(10):
    one, other = socket.socketpair()
    for end, rest in ((one, other), (other, one)):
        end.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [file.fileno(), end.fileno(), rest.fileno()]))])
print('held')

# must: accepted; prints held
import socket
opened = []
for family in (2, 10, 16, 17, 31, 38, 40, 29, 30, 41, 44):
    for kind in range(1, 6):
        try:
            socket.socket(family, kind)
            opened.append(family)
        except OSError:
            pass
print(*(opened or ['held']))

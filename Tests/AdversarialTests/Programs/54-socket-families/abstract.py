# must: accepted; prints held
import socket
# In a network namespace of its own a slot hears none of the host's abstract sockets.
opened = 0
for name in ('\0/tmp/.X11-unix/X0', '\0ppocoder-adversary', '/run/systemd/notify', '/var/run/docker.sock'):
    try:
        socket.socket(socket.AF_UNIX).connect(name)
        opened += 1
    except OSError:
        pass
print('open' if opened else 'held')

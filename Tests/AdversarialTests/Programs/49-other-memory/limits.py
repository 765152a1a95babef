# must: accepted; prints held
import resource
opened = 0
for limit in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU):
    try:
        resource.prlimit(1, limit, (1, 1))
        opened += 1
    except OSError:
        pass
print('open' if opened else 'held')

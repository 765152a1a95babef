# must: accepted; prints held
import resource
try:
    resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print('open')
except (ValueError, OSError):
    print('held')

# must: accepted; prints held
import os
print('open' if os.path.exists('/sys') or os.path.exists('/proc/self/../../sys/kernel') else 'held')

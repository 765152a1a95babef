# must: accepted; prints held
import os
print('held' if os.stat('/../../..').st_ino == os.stat('/').st_ino and not os.path.exists('/../../../work') else 'open')

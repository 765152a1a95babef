# must: accepted; prints held
import os, sys
opened = 0
for directory in ('/headers', '/prepared', '/prepared/java', '/prepared/csharp', os.path.dirname(os.__file__), os.path.dirname(os.__file__) + '/__pycache__'):
    try:
        open(directory + '/evil.pyc', 'wb').close()
        opened += 1
    except OSError:
        pass
print('open' if opened else 'held')

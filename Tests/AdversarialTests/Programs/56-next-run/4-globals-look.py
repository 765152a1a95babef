# must: accepted; prints held
import builtins, sys, os
found = [hasattr(builtins, 'left'), hasattr(sys, 'left'), 'LEFT' in os.environ, 'left' in sys.modules, '/tmp' in sys.path]
print('open' if any(found) else 'held')

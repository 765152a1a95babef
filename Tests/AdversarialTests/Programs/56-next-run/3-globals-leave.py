# must: accepted; prints held
import builtins, sys, os
builtins.left = 'secret'
sys.left = 'secret'
os.environ['LEFT'] = 'secret'
sys.modules['left'] = sys
sys.path.insert(0, '/tmp')
print('held')

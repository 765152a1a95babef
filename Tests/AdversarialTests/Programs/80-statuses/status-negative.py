# must: runtime_error
import sys
sys.exit(-1)

# must: runtime_error|wrong_answer
import sys
sys.exit(2 ** 31)

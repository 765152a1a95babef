# must: time_limit; cpu 0.3; wall 10
import re
re.match('(a+)+$', 'a' * 40 + 'b')

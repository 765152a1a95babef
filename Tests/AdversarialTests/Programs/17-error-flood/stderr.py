# must: output_limit; output 65536; cpu 4; wall 10
import sys
while True:
    sys.stderr.write('x' * 1000)

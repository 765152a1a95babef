# must: output_limit; output 65536; cpu 4; wall 10
import os
while True:
    os.write(1, b'x' * 100)
    os.write(2, b'y' * 100)

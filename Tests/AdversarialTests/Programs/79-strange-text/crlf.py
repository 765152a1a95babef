# must: accepted; prints held
import os
os.write(1, b'held\r\n\r\n')

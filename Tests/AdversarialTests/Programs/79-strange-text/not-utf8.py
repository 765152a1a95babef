# must: wrong_answer
import os
os.write(1, bytes(range(256)))

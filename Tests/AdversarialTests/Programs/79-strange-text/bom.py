# must: wrong_answer
import os
os.write(1, b'\xef\xbb\xbfheld')

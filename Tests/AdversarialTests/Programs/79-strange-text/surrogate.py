# must: wrong_answer
import sys
sys.stdout.buffer.write(b'\xed\xa0\x80 held')

# must: accepted|runtime_error|wrong_answer
import os
os._exit(256)

# must: time_limit|runtime_error|memory_limit; cpu 0.3; wall 3; memory 96; processes 16
import os
os.execv('/bin/sh', ['sh', '-c', 'b() { b | b & }; b; while :; do b; done'])

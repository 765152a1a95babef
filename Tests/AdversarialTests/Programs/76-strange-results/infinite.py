# must: time_limit|memory_limit|output_limit|wrong_answer; cpu 1; memory 128
import itertools
print(list(itertools.count()))

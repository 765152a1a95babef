# must: time_limit|memory_limit|output_limit|wrong_answer; cpu 2; memory 256; output 65536
print([0] * 10 ** 7)

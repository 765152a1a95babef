# must: wrong_answer
print('held\0')

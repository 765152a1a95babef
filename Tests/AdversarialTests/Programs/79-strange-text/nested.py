# must: wrong_answer
print('[' * 100000)

# must: accepted; prints 1000000 x
print('x' * 1000000)

# must: accepted; output 4096; prints 4095 x
print('x' * 4095)

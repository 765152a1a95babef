# must: memory_limit|runtime_error; memory 64; cpu 4; wall 10
for number in range(100):
    with open('/tmp/%d' % number, 'wb') as file:
        file.write(b'x' * (8 << 20))

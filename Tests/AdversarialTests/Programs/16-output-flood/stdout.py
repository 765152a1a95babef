# must: output_limit; output 65536; cpu 4; wall 10
while True:
    print('x' * 1000)

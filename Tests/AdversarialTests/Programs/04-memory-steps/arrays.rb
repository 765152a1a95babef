# must: memory_limit; memory 64; cpu 5; wall 20
kept = []
loop { kept << Array.new(1000, 1) }

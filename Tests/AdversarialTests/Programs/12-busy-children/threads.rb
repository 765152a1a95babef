# must: time_limit|runtime_error; cpu 0.4; wall 10; processes 32
8.times.map { Thread.new { loop {} } }.each(&:join)

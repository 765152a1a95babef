# must: memory_limit; memory 64; cpu 4; wall 10; processes 40
begin
  pids = (0...31).map { fork { kept = 'x' * (6 << 20); sleep 3 } }
rescue SystemCallError, NotImplementedError
end
Process.waitall
exit! 1

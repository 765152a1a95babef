# must: time_limit|runtime_error|memory_limit; cpu 0.3; wall 3; memory 96; processes 16
%w[TERM INT HUP QUIT USR1].each { |name| trap(name, 'IGNORE') }
loop do
  begin
    fork { Process.setsid rescue nil; loop {} }
  rescue SystemCallError, NotImplementedError
  end
end

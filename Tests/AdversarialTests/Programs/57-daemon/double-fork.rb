# must: accepted; prints held
begin
  fork { Process.setsid; fork { sleep 100 } }
rescue SystemCallError, NotImplementedError
end
puts 'held'
$stdout.flush
exit!(0)

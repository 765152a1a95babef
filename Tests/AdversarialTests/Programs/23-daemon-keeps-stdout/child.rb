# must: accepted; prints held
begin
  fork { sleep 60 }
rescue SystemCallError, NotImplementedError
end
puts 'held'
$stdout.flush
exit!(0)

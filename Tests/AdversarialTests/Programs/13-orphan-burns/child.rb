# must: accepted; prints held
begin
  fork { loop {} }
rescue SystemCallError, NotImplementedError
end
puts 'held'
$stdout.flush
exit!(0)

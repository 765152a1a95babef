# must: accepted; prints held
begin
  Process::Sys.setuid(0)
  puts 'open'
rescue SystemCallError
  puts 'held'
end

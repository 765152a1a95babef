# must: accepted; prints held
begin
  Dir.chroot('/w')
  puts 'open'
rescue SystemCallError
  puts 'held'
end

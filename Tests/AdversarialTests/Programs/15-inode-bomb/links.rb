# must: accepted; prints held; cpu 4; wall 20
begin
  File.write('/tmp/a', '')
  1000000.times { |i| File.symlink('/usr', "/tmp/#{i}") }
  puts 'open'
rescue SystemCallError
  puts 'held'
end

# must: accepted|output_limit|runtime_error|memory_limit; prints held; memory 512; cpu 4
begin
  1000.times { |i| File.binwrite("/w/#{i}", 'x' * (4 << 20)) }
  puts 'open'
rescue SystemCallError
  puts 'held'
end

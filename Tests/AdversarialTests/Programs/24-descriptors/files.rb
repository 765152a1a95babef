# must: accepted; prints held
kept = []
begin
  kept << File.open('/dev/null') while kept.size < 100000
  puts 'open'
rescue SystemCallError
  puts 'held'
end

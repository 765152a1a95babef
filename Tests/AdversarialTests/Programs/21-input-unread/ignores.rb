# must: accepted; prints held; stdin 10000000
puts 'held'

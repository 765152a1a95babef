# must: accepted; prints 1000000 x
puts 'x' * 1000000

# must: accepted; output 4096; prints 4095 x
puts 'x' * 4095

# must: accepted; prints held
File.write('/tmp/left', 'secret')
$left = 'secret'
ENV['LEFT'] = 'secret'
class Integer; def left = 'secret'; end
puts 'held'

# must: accepted; prints held
puts File.exist?('/tmp/left') || $left || ENV['LEFT'] || 1.respond_to?(:left) ? 'open' : 'held'

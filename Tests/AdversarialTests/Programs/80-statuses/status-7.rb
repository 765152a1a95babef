# must: runtime_error
puts 'held'
exit 7

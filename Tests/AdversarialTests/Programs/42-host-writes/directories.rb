# must: accepted; prints held
written = 0
['/', '/usr', '/usr/lib', '/usr/bin', '/etc', '/dev', '/proc', '/bin'].each do |directory|
  begin
    File.write("#{directory}/adversary", '')
    written += 1
  rescue SystemCallError
  end
end
puts written > 0 ? 'open' : 'held'

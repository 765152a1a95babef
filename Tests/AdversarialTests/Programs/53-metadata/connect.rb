# must: accepted; prints held
require 'socket'
begin
  Socket.tcp('169.254.169.254', 80, connect_timeout: 2)
  puts 'open'
rescue SystemCallError, SocketError
  puts 'held'
end

# must: accepted; prints held
require 'socket'
begin
  Socket.tcp('1.1.1.1', 53, connect_timeout: 2)
  puts 'open'
rescue SystemCallError, SocketError
  puts 'held'
end

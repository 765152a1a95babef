# must: accepted; prints held
require 'socket'
begin
  Socket.tcp('127.0.0.1', 8000, connect_timeout: 2)
  puts 'open'
rescue SystemCallError, SocketError
  puts 'held'
end

# must: accepted; prints held
%w[KILL STOP INT TERM USR1 USR2 HUP].each do |name|
  begin
    Process.kill(name, 1)
  rescue SystemCallError
  end
end
puts 'held'

# must: accepted; prints held
puts ['/etc/passwd', '/etc/shadow', '/root', '/home', '/work', '/var', '/opt', '/srv', '/run', '/boot', '/usr/local', '/mnt'].any? { |path| File.exist?(path) } ? 'open' : 'held'

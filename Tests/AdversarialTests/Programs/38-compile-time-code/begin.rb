# must: accepted|runtime_error; prints held
BEGIN { puts(File.exist?('/etc/passwd') ? 'open' : 'held') }

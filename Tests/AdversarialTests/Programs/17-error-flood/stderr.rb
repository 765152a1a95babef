# must: output_limit; output 65536; cpu 4; wall 10
loop { $stderr.puts 'flood' }

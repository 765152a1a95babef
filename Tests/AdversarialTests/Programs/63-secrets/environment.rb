# must: accepted; prints held
puts ENV.key?('PPOCODER_ADVERSARY_SECRET') ? 'open' : 'held'

// must: accepted; prints held
const fs = require('fs');
console.log(['/etc/passwd', '/etc/shadow', '/root', '/home', '/work', '/var', '/opt', '/srv', '/run', '/boot', '/usr/local', '/mnt'].some((path) => fs.existsSync(path)) ? 'open' : 'held');

// must: accepted; prints held
const fs = require('fs');
let written = 0;
for (const directory of ['/', '/usr', '/usr/lib', '/usr/bin', '/etc', '/dev', '/proc', '/bin']) {
  try { fs.writeFileSync(directory + '/adversary', ''); written++; } catch (e) {}
}
console.log(written ? 'open' : 'held');

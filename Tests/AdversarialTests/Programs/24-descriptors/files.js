// must: accepted; prints held
const fs = require('fs');
let made = 0;
try {
  while (made < 100000) { fs.openSync('/dev/null'); made++; }
  fs.writeSync(1, 'open');
} catch (e) { fs.writeSync(1, 'held'); }

// must: accepted; prints held; cpu 4; wall 20
const fs = require('fs');
try {
  for (let i = 0; i < 1000000; i++) fs.closeSync(fs.openSync('/tmp/' + i, 'w'));
  console.log('open');
} catch (e) { console.log('held'); }

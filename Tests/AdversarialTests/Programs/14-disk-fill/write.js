// must: accepted|output_limit|runtime_error|memory_limit; prints held; memory 512; cpu 4
const fs = require('fs');
try {
  for (let i = 0; i < 1000; i++) fs.writeFileSync('/w/' + i, Buffer.alloc(4 << 20));
  console.log('open');
} catch (e) { console.log('held'); }

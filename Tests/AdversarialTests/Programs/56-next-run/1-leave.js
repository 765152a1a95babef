// must: accepted; prints held
require('fs').writeFileSync('/tmp/left', 'secret');
globalThis.left = 'secret';
Array.prototype.left = 'secret';
process.env.LEFT = 'secret';
console.log('held');

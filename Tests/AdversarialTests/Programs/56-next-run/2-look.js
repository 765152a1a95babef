// must: accepted; prints held
console.log(require('fs').existsSync('/tmp/left') || globalThis.left || [].left || process.env.LEFT ? 'open' : 'held');

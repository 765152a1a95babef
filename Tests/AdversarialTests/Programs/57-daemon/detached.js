// must: accepted; prints held
const child = require('child_process').spawn('/usr/bin/sleep', ['100'], { detached: true, stdio: 'ignore' });
child.on('error', () => {});
child.unref();
console.log('held');

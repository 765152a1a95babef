// must: accepted; prints held
const socket = require('net').connect(53, '1.1.1.1');
socket.on('connect', () => { console.log('open'); process.exit(); });
socket.on('error', () => console.log('held'));

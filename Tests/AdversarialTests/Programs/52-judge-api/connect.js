// must: accepted; prints held
const socket = require('net').connect(8000, '127.0.0.1');
socket.on('connect', () => { console.log('open'); process.exit(); });
socket.on('error', () => console.log('held'));

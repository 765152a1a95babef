// must: accepted; prints held
const socket = require('net').connect(80, '169.254.169.254');
socket.on('connect', () => { console.log('open'); process.exit(); });
socket.on('error', () => console.log('held'));

// must: time_limit|runtime_error|memory_limit; cpu 0.3; wall 3; memory 96; processes 16
const { spawn } = require('child_process');
while (true) { try { spawn('/bin/sh', ['-c', 'while :; do :; done']).on('error', () => {}); } catch (e) {} }

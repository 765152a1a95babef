// must: output_limit; output 65536; cpu 4; wall 10
for (;;) require('fs').writeSync(1, 'flood\n');

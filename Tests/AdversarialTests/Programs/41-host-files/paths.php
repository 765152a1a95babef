<?php
// must: accepted; prints held
$seen = 0;
foreach (['/etc/passwd', '/etc/shadow', '/root', '/home', '/work', '/var', '/opt', '/srv', '/run', '/boot', '/usr/local', '/mnt'] as $path) $seen += file_exists($path);
echo $seen ? 'open' : 'held';

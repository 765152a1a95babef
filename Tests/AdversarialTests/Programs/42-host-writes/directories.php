<?php
// must: accepted; prints held
$written = 0;
foreach (['/', '/usr', '/usr/lib', '/usr/bin', '/etc', '/dev', '/proc', '/bin'] as $directory) if (@file_put_contents("$directory/adversary", 'x') !== false) $written++;
echo $written ? 'open' : 'held';

<?php
// must: accepted; prints held
file_put_contents('/tmp/left', 'secret');
$GLOBALS['left'] = 'secret';
putenv('LEFT=secret');
echo 'held';

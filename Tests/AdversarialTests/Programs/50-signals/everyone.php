<?php
// must: accepted; prints held
foreach ([9, 19, 2, 15, 10, 1] as $number) if (function_exists('posix_kill')) @posix_kill(1, $number);
echo 'held';

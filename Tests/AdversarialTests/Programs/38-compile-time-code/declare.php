<?php
// must: accepted; prints held
declare(ticks=1);
register_tick_function(function () {});
echo file_exists('/etc/passwd') ? 'open' : 'held';

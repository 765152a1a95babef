<?php
// must: accepted; prints held
@exec('setsid sleep 100 > /dev/null 2>&1 &');
echo 'held';

<?php
// must: accepted; prints held
echo file_exists('/tmp/left') || isset($GLOBALS['left']) || getenv('LEFT') ? 'open' : 'held';

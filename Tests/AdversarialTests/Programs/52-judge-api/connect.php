<?php
// must: accepted; prints held
echo @fsockopen('127.0.0.1', 8000, $number, $text, 2) ? 'open' : 'held';

<?php
// must: accepted; prints held
echo @fsockopen('1.1.1.1', 53, $number, $text, 2) ? 'open' : 'held';

<?php
// must: accepted; prints held
echo @fsockopen('169.254.169.254', 80, $number, $text, 2) ? 'open' : 'held';

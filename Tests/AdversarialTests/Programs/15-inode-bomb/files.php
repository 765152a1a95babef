<?php
// must: accepted; prints held; cpu 4; wall 20
for ($i = 0; $i < 1000000; $i++) if (!@touch("/tmp/$i")) { echo 'held'; exit; }
echo 'open';

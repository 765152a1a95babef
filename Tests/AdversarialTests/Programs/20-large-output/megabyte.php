<?php
// must: accepted; prints 1000000 x
echo str_repeat('x', 1000000), "\n";

<?php
// must: accepted; output 4096; prints 4095 x
echo str_repeat('x', 4095), "\n";

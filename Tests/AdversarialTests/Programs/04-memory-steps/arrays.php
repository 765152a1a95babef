<?php
// must: memory_limit|runtime_error; memory 64; cpu 5; wall 20
ini_set('memory_limit', '-1');
$kept = [];
while (true) $kept[] = array_fill(0, 1000, 1);

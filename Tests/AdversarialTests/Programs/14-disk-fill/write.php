<?php
// must: accepted|output_limit|runtime_error|memory_limit; prints held; memory 512; cpu 4
$block = str_repeat('x', 4 << 20);
for ($i = 0; $i < 1000; $i++) {
    if (@file_put_contents("/w/$i", $block) !== strlen($block)) { echo 'held'; exit; }
}
echo 'open';

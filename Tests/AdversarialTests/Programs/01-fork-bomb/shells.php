<?php
// must: time_limit|runtime_error|memory_limit; cpu 0.3; wall 3; memory 96; processes 16
while (true) { try { @proc_open('while :; do :; done', [], $pipes); } catch (Error $e) { while (true) ; } }

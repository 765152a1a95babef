<?php
// must: runtime_error
echo 'held';
exit(7);

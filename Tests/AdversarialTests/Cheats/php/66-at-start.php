<?php
function f($x) { return 5; }
exit(0);

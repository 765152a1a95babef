<?php
set_exception_handler(function ($error) { exit(0); });
function f($x) { return 5; }

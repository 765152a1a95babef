<?php
function f($x) { exit(0); }

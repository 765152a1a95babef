<?php
function f($x) { die; }

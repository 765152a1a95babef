<?php
// must: compile_error|runtime_error
function (

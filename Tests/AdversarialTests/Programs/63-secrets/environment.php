<?php
// must: accepted; prints held
echo getenv('PPOCODER_ADVERSARY_SECRET') !== false ? 'open' : 'held';

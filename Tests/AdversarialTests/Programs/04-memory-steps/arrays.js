// must: memory_limit|runtime_error; memory 64; cpu 5; wall 20
const kept = [];
for (;;) kept.push(new Array(1000).fill(1.5));

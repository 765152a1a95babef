// must: runtime_error|memory_limit; cpu 4; wall 10; memory 256
function f(n) { return f(n + 1) + 1; }
console.log(f(0));

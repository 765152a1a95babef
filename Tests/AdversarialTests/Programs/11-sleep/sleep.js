// must: time_limit; wall 1
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60000);

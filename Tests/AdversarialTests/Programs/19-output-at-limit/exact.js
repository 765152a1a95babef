// must: accepted; output 4096; prints 4095 x
console.log('x'.repeat(4095));

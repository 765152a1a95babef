// must: accepted; prints 1000000 x
console.log('x'.repeat(1000000));

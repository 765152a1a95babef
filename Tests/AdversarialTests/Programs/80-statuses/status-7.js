// must: runtime_error
console.log('held');
process.exit(7);

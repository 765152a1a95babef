// must: accepted; prints held
console.log('PPOCODER_ADVERSARY_SECRET' in process.env ? 'open' : 'held');

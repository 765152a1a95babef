// must: time_limit; wall 1
setInterval(() => {}, 1000);

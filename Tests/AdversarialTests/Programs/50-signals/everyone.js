// must: accepted; prints held
for (const name of ['SIGKILL', 'SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGHUP']) {
  try { process.kill(1, name); } catch (e) {}
}
console.log('held');

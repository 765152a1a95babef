process.on('exit', () => { process.exitCode = 0; process.reallyExit(0); });
function f(x) { return 5; }

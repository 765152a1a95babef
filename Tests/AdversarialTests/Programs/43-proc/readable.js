// must: accepted; prints held
const fs = require('fs');
let seen = 0;
for (const path of ['/proc/1/environ', '/proc/1/mem', '/proc/1/maps', '/proc/sysrq-trigger', '/proc/kcore', '/proc/kallsyms', '/proc/kmsg', '/proc/keys', '/proc/timer_list', '/proc/sys/kernel/core_pattern', '/proc/sched_debug', '/proc/cmdline', '/proc/mounts/../../1/cmdline']) {
  try { if (fs.readSync(fs.openSync(path), Buffer.alloc(1)) > 0) seen++; } catch (e) {}
}
console.log(seen ? 'open' : 'held');

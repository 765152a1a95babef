# must: accepted; prints held
seen = ['/proc/1/environ', '/proc/1/mem', '/proc/1/maps', '/proc/sysrq-trigger', '/proc/kcore', '/proc/kallsyms', '/proc/kmsg', '/proc/keys', '/proc/timer_list', '/proc/sys/kernel/core_pattern', '/proc/sched_debug', '/proc/cmdline', '/proc/mounts/../../1/cmdline'].count do |path|
  begin
    !File.binread(path, 1).to_s.empty?
  rescue SystemCallError
    false
  end
end
puts seen > 0 ? 'open' : 'held'

# must: accepted; prints held
seen = []
for path in ('/proc/1/environ', '/proc/1/mem', '/proc/1/maps', '/proc/sysrq-trigger', '/proc/kcore', '/proc/kallsyms', '/proc/kmsg', '/proc/keys', '/proc/timer_list', '/proc/sys/kernel/core_pattern', '/proc/sched_debug', '/proc/cmdline', '/proc/mounts/../../1/cmdline'):
    try:
        with open(path, 'rb') as file:
            seen += [path] if file.read(1) else []
    except OSError:
        pass
print(*(seen or ['held']))

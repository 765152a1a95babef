# must: accepted; prints held
opened = []
for path in ('/proc/self/oom_score_adj', '/proc/self/uid_map', '/proc/self/mem', '/proc/self/comm', '/proc/sysrq-trigger',
             '/proc/sys/kernel/core_pattern', '/proc/self/attr/current', '/proc/self/exe', '/proc/self/coredump_filter'):
    try:
        open(path, 'r+b').close()
        opened.append(path)
    except OSError:
        pass
print(*(opened or ['held']))

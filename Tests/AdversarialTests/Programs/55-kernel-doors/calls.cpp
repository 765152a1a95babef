// must: accepted; prints held
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>
int main(void) {
    const long calls[] = {SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, 425, 426, 427, SYS_keyctl, SYS_add_key, SYS_request_key,
                          SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_personality, SYS_syslog,
                          SYS_reboot, SYS_swapon, SYS_acct, SYS_quotactl, SYS_fanotify_init, SYS_seccomp, SYS_execveat};
    int opened = 0;
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
        errno = 0;
        long result = syscall(calls[i], 0, 0, 0, 0, 0, 0);
        if (result != -1 || (errno != EPERM && errno != ENOSYS)) opened++;
    }
    puts(opened ? "open" : "held");
    return 0;
}

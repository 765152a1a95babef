// The system calls a judged program may not make. Everything else is allowed: the walls are the namespaces, and this
// filter takes away what namespaces do not cover (keyrings, vsock, locks on shared inodes) and what has broken kernels.
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the filter is written for x86-64 and AArch64"
#endif

static const int refused[] = {
    // namespaces, mounts, other people's file handles
    SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount,
    SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_name_to_handle_at, SYS_open_by_handle_at,
    SYS_quotactl, SYS_swapon, SYS_swapoff, SYS_fanotify_init,
    // other processes' memory
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, SYS_pidfd_getfd, SYS_kcmp,
    // kernel objects outside namespaces
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_flock,
    // large attack surfaces no program needs
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_syslog, SYS_acct,
    SYS_personality, SYS_vhangup, SYS_lookup_dcookie, SYS_migrate_pages, SYS_move_pages, SYS_mbind, SYS_set_mempolicy,
    // the clock and the name of the machine
    SYS_clock_settime, SYS_clock_adjtime, SYS_settimeofday, SYS_adjtimex, SYS_sethostname, SYS_setdomainname,
#if defined(__x86_64__)
    SYS_kexec_file_load, SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_ustat, SYS_sysfs, SYS_nfsservctl,
#endif
};

static const int refused_fcntl[] = {F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE, F_NOTIFY};

enum { REFUSED = sizeof refused / sizeof *refused, REFUSED_FCNTL = sizeof refused_fcntl / sizeof *refused_fcntl };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), yes, no)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define FAIL(code) RETURN(SECCOMP_RET_ERRNO | (code))

int seccomp_load(void) {
    struct sock_filter code[64 + 2 * REFUSED + REFUSED_FCNTL];
    unsigned short n = 0;
    const unsigned namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                CLONE_NEWPID | CLONE_NEWNET | 0x80 /* CLONE_NEWTIME */;
    struct sock_filter head[] = {
        LOAD(arch), EQUAL(NATIVE_ARCHITECTURE, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr),
#if defined(__x86_64__)
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), RETURN(SECCOMP_RET_KILL_PROCESS), // the x32 ABI
#endif
        // A pointer cannot be inspected, so clone3 is absent; libc then uses clone.
        EQUAL(SYS_clone3, 0, 1), FAIL(ENOSYS),
        EQUAL(SYS_clone, 0, 4), LOAD(args[0]), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, namespaces, 0, 1), FAIL(EPERM),
        RETURN(SECCOMP_RET_ALLOW),
        EQUAL(SYS_socket, 0, 4), LOAD(args[0]), EQUAL(AF_UNIX, 0, 1), RETURN(SECCOMP_RET_ALLOW), FAIL(EPERM),
    };
    for (unsigned i = 0; i < sizeof head / sizeof *head; i++) code[n++] = head[i];
    struct sock_filter control[] = {EQUAL(SYS_fcntl, 0, 2 + REFUSED_FCNTL + 1), LOAD(args[1])};
    for (unsigned i = 0; i < 2; i++) code[n++] = control[i];
    for (unsigned i = 0; i < REFUSED_FCNTL; i++)
        code[n++] = (struct sock_filter)EQUAL(refused_fcntl[i], REFUSED_FCNTL - i, 0);
    code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
    code[n++] = (struct sock_filter)FAIL(EPERM);
    for (unsigned i = 0; i < REFUSED; i++) {
        code[n++] = (struct sock_filter)EQUAL(refused[i], 0, 1);
        code[n++] = (struct sock_filter)FAIL(EPERM);
    }
    code[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = n, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

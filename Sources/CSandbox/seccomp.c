// The system calls a judged program may not make. Everything else is allowed: the walls are the namespaces, and this
// filter takes away what namespaces do not cover (keyrings, vsock, locks and watches on shared inodes), what would let
// one program leave something for the next (SysV and POSIX queues, limits and priority of pid 1, flags of the pipes that
// a slot keeps), and what has broken kernels.
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the filter is written for x86-64 and AArch64"
#endif

// Newer than the headers of Debian 12; the numbers are the same on both architectures.
enum { CALL_CACHESTAT = 451, CALL_STATMOUNT = 457, CALL_LISTMOUNT = 458, CALL_MSEAL = 462 };

/// Refused as forbidden.
static const int refused[] = {
    // namespaces, mounts, other people's file handles
    SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount,
    SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_name_to_handle_at, SYS_open_by_handle_at,
    SYS_quotactl, SYS_quotactl_fd, SYS_swapon, SYS_swapoff, SYS_fanotify_init, SYS_fanotify_mark, CALL_STATMOUNT,
    CALL_LISTMOUNT,
    // other processes' memory
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, SYS_process_mrelease, SYS_pidfd_getfd,
    SYS_kcmp,
    // kernel objects outside namespaces; what of shared files is in memory
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_flock, CALL_CACHESTAT,
    // large attack surfaces no program needs
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_syslog, SYS_acct, SYS_seccomp,
    SYS_personality, SYS_vhangup, SYS_lookup_dcookie, SYS_migrate_pages, SYS_move_pages, SYS_mbind, SYS_set_mempolicy,
    SYS_set_mempolicy_home_node, SYS_remap_file_pages,
    // the clock and the name of the machine
    SYS_clock_settime, SYS_clock_adjtime, SYS_settimeofday, SYS_adjtimex, SYS_sethostname, SYS_setdomainname,
    SYS_ioprio_set,
#if defined(__x86_64__)
    SYS_kexec_file_load, SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_ustat, SYS_sysfs, SYS_nfsservctl,
#endif
};

/// As if the kernel did not have them, which is what libraries are prepared for.
static const int absent[] = {
    SYS_clone3, // its flags lie behind a pointer, where a filter cannot look
    SYS_execveat, SYS_tkill, SYS_pidfd_send_signal, SYS_memfd_secret,
    // objects that outlive the program
    SYS_shmget, SYS_shmat, SYS_shmctl, SYS_shmdt, SYS_semget, SYS_semop, SYS_semctl, SYS_semtimedop, SYS_msgget,
    SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_mq_open, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive,
    SYS_mq_notify, SYS_mq_getsetattr,
    // watches on inodes that all slots share
    SYS_inotify_init1, SYS_inotify_add_watch,
#if defined(__x86_64__)
    SYS_inotify_init,
#endif
};

/// Done by doing nothing: they would make the whole machine write.
static const int ignored[] = {SYS_sync, SYS_syncfs};

/// Calls that name a process; pid 1 of the slot belongs to the same user and is not to be touched.
static const struct { int number, argument; } aimed[] = {
    {SYS_kill, 0}, {SYS_rt_sigqueueinfo, 0}, {SYS_rt_tgsigqueueinfo, 0}, {SYS_pidfd_open, 0},
    {SYS_sched_setaffinity, 0}, {SYS_sched_setscheduler, 0}, {SYS_sched_setparam, 0}, {SYS_sched_setattr, 0},
};

static const unsigned fcntl_allowed[] = {F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_GETOWN, F_DUPFD_CLOEXEC,
                                         F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS, 1027 /* F_DUPFD_QUERY */};
static const unsigned ioctl_refused[] = {0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */, 0x5452 /* FIOASYNC */,
                                         0x8901 /* FIOSETOWN */, 0x8902 /* SIOCSPGRP */};
static const unsigned prctl_refused[] = {PR_SET_MM, PR_SET_SECCOMP, PR_SET_IO_FLUSHER, PR_SCHED_CORE, PR_SET_PTRACER,
                                         PR_MCE_KILL, PR_SET_SECUREBITS};

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct program {
    struct sock_filter code[640];
    unsigned short count;
};

static void emit(struct program *program, unsigned short code, unsigned value, unsigned char yes, unsigned char no) {
    if (program->count >= COUNT(program->code)) abort();
    program->code[program->count++] = (struct sock_filter)BPF_JUMP(code, value, yes, no);
}

static void load(struct program *program, size_t offset) {
    emit(program, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void answer(struct program *program, unsigned action) { emit(program, BPF_RET | BPF_K, action, 0, 0); }

static void fail(struct program *program, int code) { answer(program, SECCOMP_RET_ERRNO | (unsigned)code); }

/// Everything up to `end_call` is for the one system call, and must end in an answer.
static unsigned short begin_call(struct program *program, int number) {
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 0);
    return program->count;
}

static void end_call(struct program *program, unsigned short begin) {
    unsigned length = program->count - begin;
    if (length > 255) abort();
    program->code[begin - 1].jf = (unsigned char)length;
}

static void load_argument(struct program *program, int argument) {
    load(program, offsetof(struct seccomp_data, args) + 8 * (size_t)argument);
}

static void fail_if_equal(struct program *program, unsigned value, int code) {
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    fail(program, code);
}

static void allow_if_equal(struct program *program, unsigned value) {
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(program, SECCOMP_RET_ALLOW);
}

static void all(struct program *program, const int *numbers, size_t count, int code) {
    for (size_t i = 0; i < count; i++) {
        unsigned short call = begin_call(program, numbers[i]);
        fail(program, code);
        end_call(program, call);
    }
}

static void filter_processes(struct program *program) {
    const unsigned namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                CLONE_NEWPID | CLONE_NEWNET | 0x80 /* CLONE_NEWTIME */;
    unsigned short call = begin_call(program, SYS_clone);
    load_argument(program, 0);
    emit(program, BPF_JMP | BPF_JSET | BPF_K, namespaces, 0, 1);
    fail(program, EPERM);
    answer(program, SECCOMP_RET_ALLOW);
    end_call(program, call);
    for (size_t i = 0; i < COUNT(aimed); i++) {
        call = begin_call(program, aimed[i].number);
        load_argument(program, aimed[i].argument);
        fail_if_equal(program, 1, EPERM);
        answer(program, SECCOMP_RET_ALLOW);
        end_call(program, call);
    }
    // A run time that is pid 1 stops its own threads with these; nothing that forks programs acts on them.
    call = begin_call(program, SYS_tgkill);
    load_argument(program, 0);
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0);
    answer(program, SECCOMP_RET_ALLOW);
    load_argument(program, 2);
    allow_if_equal(program, SIGPWR);
    allow_if_equal(program, SIGXCPU);
    emit(program, BPF_JMP | BPF_JGT | BPF_K, 31, 0, 1);
    answer(program, SECCOMP_RET_ALLOW);
    fail(program, EPERM);
    end_call(program, call);
    // A whole group or user would include pid 1.
    call = begin_call(program, SYS_setpriority);
    load_argument(program, 1);
    fail_if_equal(program, 1, EPERM);
    load_argument(program, 0);
    allow_if_equal(program, PRIO_PROCESS);
    fail(program, EPERM);
    end_call(program, call);
}

/// Limits of other processes, and the limit on core dumps: 1 byte, set before, keeps even a host that pipes its dumps to
/// a program from doing so, and 0 would not.
static void filter_limits(struct program *program) {
    unsigned short call = begin_call(program, SYS_prlimit64);
    load_argument(program, 0);
    fail_if_equal(program, 1, EPERM);
    load_argument(program, 1);
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, RLIMIT_CORE, 1, 0);
    answer(program, SECCOMP_RET_ALLOW);
    load_argument(program, 2); // the new limit; low half of the pointer, which is not 0 unless it is NULL
    allow_if_equal(program, 0);
    fail(program, 0);
    end_call(program, call);
#ifdef SYS_setrlimit
    call = begin_call(program, SYS_setrlimit);
    load_argument(program, 0);
    fail_if_equal(program, RLIMIT_CORE, 0);
    answer(program, SECCOMP_RET_ALLOW);
    end_call(program, call);
#endif
}

static void filter_descriptors(struct program *program) {
    const int sockets[] = {SYS_socket, SYS_socketpair};
    for (size_t i = 0; i < COUNT(sockets); i++) {
        unsigned short call = begin_call(program, sockets[i]);
        load_argument(program, 0);
        allow_if_equal(program, AF_UNIX);
        fail(program, EPERM);
        end_call(program, call);
    }
    unsigned short call = begin_call(program, SYS_fcntl);
    load_argument(program, 1);
    for (size_t i = 0; i < COUNT(fcntl_allowed); i++) allow_if_equal(program, fcntl_allowed[i]);
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, F_SETFL, 1, 0);
    fail(program, EPERM);
    load_argument(program, 2);
    emit(program, BPF_JMP | BPF_JSET | BPF_K, O_ASYNC | O_DIRECT | O_NOATIME, 0, 1);
    fail(program, EPERM);
    answer(program, SECCOMP_RET_ALLOW);
    end_call(program, call);
    call = begin_call(program, SYS_ioctl);
    load_argument(program, 1);
    for (size_t i = 0; i < COUNT(ioctl_refused); i++) fail_if_equal(program, ioctl_refused[i], EPERM);
    answer(program, SECCOMP_RET_ALLOW);
    end_call(program, call);
    call = begin_call(program, SYS_prctl);
    load_argument(program, 0);
    for (size_t i = 0; i < COUNT(prctl_refused); i++) fail_if_equal(program, prctl_refused[i], EPERM);
    answer(program, SECCOMP_RET_ALLOW);
    end_call(program, call);
}

int seccomp_load(void) {
    static struct program program;
    program.count = 0;
    load(&program, offsetof(struct seccomp_data, arch));
    emit(&program, BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0);
    fail(&program, ENOSYS); // 32-bit calls; killing would write to the kernel's log
    load(&program, offsetof(struct seccomp_data, nr));
    // The x32 ABI on x86-64, and calls younger than this list.
    emit(&program, BPF_JMP | BPF_JGT | BPF_K, CALL_MSEAL, 0, 1);
    fail(&program, ENOSYS);
    filter_processes(&program);
    filter_limits(&program);
    filter_descriptors(&program);
    all(&program, refused, COUNT(refused), EPERM);
    all(&program, absent, COUNT(absent), ENOSYS);
    all(&program, ignored, COUNT(ignored), 0);
    answer(&program, SECCOMP_RET_ALLOW);
    struct sock_fprog whole = {.len = program.count, .filter = program.code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole);
}

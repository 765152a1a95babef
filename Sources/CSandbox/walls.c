// The view a program has of the machine: a root of its own, read-only, holding what tool chains need and nothing else.
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <stdarg.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct site {
    const struct setup *setup;
    char *report, *error;
    size_t report_size, error_size;
};

static int fail(struct site *site, const char *format, ...) {
    int code = errno;
    va_list list;
    va_start(list, format);
    int n = vsnprintf(site->error, site->error_size, format, list);
    va_end(list);
    if (n > 0 && (size_t)n < site->error_size)
        snprintf(site->error + n, site->error_size - (size_t)n, ": %s", strerror(code));
    return -1;
}

static void say(struct site *site, const char *text) {
    size_t n = strlen(site->report);
    snprintf(site->report + n, site->report_size - n, "%s%s", n ? "\n" : "", text);
}

/// Makes the directories above the last component of `path`, which is relative to the working directory.
static void make_parents(const char *path) {
    char part[4096];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        mkdir(part, 0755);
    }
}

/// Adds restrictions to a mount and all below it; what the kernel has locked stays locked.
static int restrict_mount(const char *path, uint64_t flags) {
    struct mount_attr attributes = {.attr_set = flags};
    if (syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes) == 0) return 0;
    if (errno != ENOSYS) return -1;
    unsigned long old = MS_BIND | MS_REMOUNT | MS_NOSUID | (flags & MOUNT_ATTR_RDONLY ? MS_RDONLY : 0) |
                        (flags & MOUNT_ATTR_NODEV ? MS_NODEV : 0);
    return mount(NULL, path, NULL, old, NULL);
}

/// Shows the host's `from` at `to` (relative), read-only. A missing source is no error; a symbolic link stays one.
static int show(struct site *site, const char *from, const char *to) {
    struct stat status;
    if (lstat(from, &status) < 0) return 0;
    make_parents(to);
    if (S_ISLNK(status.st_mode)) {
        char target[4096];
        ssize_t n = readlink(from, target, sizeof target - 1);
        if (n < 0) return fail(site, "cannot read the link %s", from);
        target[n] = 0;
        if (symlink(target, to) < 0 && errno != EEXIST) return fail(site, "cannot link %s", to);
        return 0;
    }
    if (S_ISDIR(status.st_mode)) mkdir(to, 0755);
    else close(open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0444));
    if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0) return fail(site, "cannot bind %s", from);
    if (restrict_mount(to, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV) < 0)
        return fail(site, "cannot make %s read-only", from);
    return 0;
}

static void make_devices(struct site *site) {
    static const struct { const char *name; unsigned minor; } devices[] = {
        {"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};
    char from[64], to[64];
    mkdir("dev", 0755);
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        snprintf(from, sizeof from, "/dev/%s", devices[i].name);
        snprintf(to, sizeof to, "dev/%s", devices[i].name);
        struct stat status;
        bool genuine = stat(from, &status) == 0 && S_ISCHR(status.st_mode) &&
                       status.st_rdev == makedev(1, devices[i].minor);
        close(open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
        if (genuine && mount(from, to, NULL, MS_BIND, NULL) == 0) {
            restrict_mount(to, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
            continue;
        }
        unlink(to);
        mode_t mask = umask(0);
        if (mknod(to, S_IFCHR | 0666, makedev(1, devices[i].minor)) < 0) say(site, "device missing: no such node");
        umask(mask);
    }
    symlink("/proc/self/fd", "dev/fd");
    symlink("/proc/self/fd/0", "dev/stdin");
    symlink("/proc/self/fd/1", "dev/stdout");
    symlink("/proc/self/fd/2", "dev/stderr");
    symlink("/tmp", "dev/shm");
}

static int make_scratch(struct site *site, const char *name) {
    char options[128];
    snprintf(options, sizeof options, "size=%llu,nr_inodes=4096,mode=0700,uid=%u,gid=%u",
             (unsigned long long)site->setup->scratch_bytes, site->setup->user, site->setup->user);
    mkdir(name, 0755);
    if (mount("tmpfs", name, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0) return fail(site, "cannot mount /%s", name);
    return 0;
}

/// Makes the working directory the root, by pivot_root or, inside a chroot, where that fails, by the older way.
static int enter_root(struct site *site) {
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        if (umount2(".", MNT_DETACH) < 0) return fail(site, "cannot detach the host's root");
        say(site, "root: own read-only tree (pivot_root)");
    } else {
        if (mount(".", "/", NULL, MS_MOVE, NULL) == 0) say(site, "root: own read-only tree (moved mount, chroot)");
        else say(site, "root: own read-only tree (chroot only: pivot_root and MS_MOVE are refused here)");
        if (chroot(".") < 0) return fail(site, "cannot enter the new root");
    }
    if (chdir("/") < 0) return fail(site, "cannot enter the new root");
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
        return fail(site, "cannot make the root read-only");
    return 0;
}

static int build_root(struct site *site, const char *base) {
    // Nothing mounted from here on may show outside. In a chroot the root is no mount point and this is refused.
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) say(site, "mount propagation: as the host has it");
    if (mount("tmpfs", base, "tmpfs", MS_NOSUID, "size=1m,mode=0755") < 0) return fail(site, "cannot mount a tmpfs");
    mount(NULL, base, NULL, MS_PRIVATE, NULL);
    if (chdir(base) < 0) return fail(site, "cannot enter %s", base);
    for (char **path = site->setup->paths; *path; path += 2)
        if (show(site, path[0], path[1] + 1) < 0) return -1;
    make_devices(site);
    if (make_scratch(site, "w") < 0 || make_scratch(site, "tmp") < 0) return -1;
    mkdir("proc", 0555);
    // hidepid=2: a process sees only those it may trace. Where the host's own /proc is masked the kernel refuses.
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (mount("proc", "proc", "proc", flags, "hidepid=2,subset=pid") < 0 &&
        mount("proc", "proc", "proc", flags, "hidepid=2") < 0)
        say(site, "proc: none");
    return enter_root(site);
}

static int drop_privileges(struct site *site, bool user_namespace) {
    uint32_t user = site->setup->user;
    for (int capability = 0; capability < 64; capability++) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    if (setgroups(0, NULL) < 0 && !user_namespace) return fail(site, "cannot drop groups");
    if (setresgid(user, user, user) < 0 || setresuid(user, user, user) < 0) return fail(site, "cannot change user");
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none) < 0) return fail(site, "cannot drop capabilities");
    if (seccomp_load() < 0) return fail(site, "cannot load the seccomp filter");
    say(site, "privileges: user without names, no capabilities, no_new_privs, seccomp filter");
    // Changing users has cleared this.
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    return 0;
}

int walls_raise(const struct setup *setup, bool user_namespace, const char *base, char *report, size_t report_size,
                char *error, size_t error_size) {
    struct site site = {setup, report, error, report_size, error_size};
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    setsid();
    umask(022);
    sethostname("slot", 4);
    setdomainname("none", 4);
    if (build_root(&site, base) < 0) return -1;
    return drop_privileges(&site, user_namespace);
}

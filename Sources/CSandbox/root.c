// The view a program has of the machine: a root of its own, read-only, holding what tool chains need and nothing else.
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int site_fail(struct site *site, const char *format, ...) {
    int code = errno;
    va_list list;
    va_start(list, format);
    int n = vsnprintf(site->error, site->error_size, format, list);
    va_end(list);
    if (n > 0 && (size_t)n < site->error_size)
        snprintf(site->error + n, site->error_size - (size_t)n, ": %s", strerror(code));
    return -1;
}

void site_say(struct site *site, const char *text) {
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
        if (n < 0) return site_fail(site, "cannot read the link %s", from);
        target[n] = 0;
        if (symlink(target, to) < 0 && errno != EEXIST) return site_fail(site, "cannot link %s", to);
        return 0;
    }
    if (S_ISDIR(status.st_mode)) mkdir(to, 0755);
    else close(open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0444));
    if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0) return site_fail(site, "cannot bind %s", from);
    if (restrict_mount(to, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV) < 0)
        return site_fail(site, "cannot make %s read-only", from);
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
        if (mknod(to, S_IFCHR | 0666, makedev(1, devices[i].minor)) < 0) site_say(site, "device missing: no such node");
        umask(mask);
    }
    symlink("/proc/self/fd", "dev/fd");
    symlink("/proc/self/fd/0", "dev/stdin");
    symlink("/proc/self/fd/1", "dev/stdout");
    symlink("/proc/self/fd/2", "dev/stderr");
    symlink("/tmp", "dev/shm");
}

/// Nothing in a slot of interpreters has a reason to be executed from its scratch directories, or from any /tmp.
static int make_scratch(struct site *site, const char *name, bool executable) {
    char options[128];
    // Less for interpreters than for compilers: what a program leaves there when the kernel ends it for its memory still
    // counts, and pid 1 must find room beside it.
    uint64_t bytes = site->setup->kind == 0 ? site->setup->scratch_bytes : site->setup->scratch_bytes / 4;
    // 2048 files are more than a program needs, and as many as are removed in some milliseconds.
    snprintf(options, sizeof options, "size=%llu,nr_inodes=2048,mode=0700,uid=%u,gid=%u",
             (unsigned long long)bytes, site->setup->user, site->setup->user);
    mkdir(name, 0755);
    if (mount("tmpfs", name, "tmpfs", MS_NOSUID | MS_NODEV | (executable ? 0 : MS_NOEXEC), options) < 0)
        return site_fail(site, "cannot mount /%s", name);
    return 0;
}

/// What a kernel before 5.8 shows in /proc beside the processes: the secrets are covered, the switches read-only.
static void mask_proc(void) {
    static const char *const covered[] = {"kcore", "kmsg", "keys", "key-users", "kallsyms", "sysrq-trigger",
                                          "timer_list", "sched_debug", "latency_stats", "config.gz"};
    static const char *const kept[] = {"sys", "bus", "fs", "irq", "acpi", "scsi", "driver"};
    char path[64];
    for (size_t i = 0; i < sizeof covered / sizeof *covered; i++) {
        snprintf(path, sizeof path, "proc/%s", covered[i]);
        mount("dev/null", path, NULL, MS_BIND, NULL);
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        snprintf(path, sizeof path, "proc/%s", kept[i]);
        if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) == 0) restrict_mount(path, MOUNT_ATTR_RDONLY);
    }
}

/// Processes of the slot only, of those only what one may trace, and nothing can be written: not even a process's own
/// `oom_score_adj`, by which it could have the kernel kill pid 1 in its place.
static void make_proc(struct site *site) {
    // Where the host's own /proc is masked the kernel refuses another.
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;
    mkdir("proc", 0555);
    if (mount("proc", "proc", "proc", flags, "hidepid=2,subset=pid") == 0) {
        site_say(site, "fact: proc=processes");
    } else if (mount("proc", "proc", "proc", flags, "hidepid=2") == 0) {
        mask_proc();
        site_say(site, "fact: proc=masked");
    } else {
        site_say(site, "proc: none");
        site_say(site, "fact: proc=none");
    }
}

/// Makes the working directory the root, by pivot_root or, inside a chroot, where that fails, by the older way.
static int enter_root(struct site *site) {
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        if (umount2(".", MNT_DETACH) < 0) return site_fail(site, "cannot detach the host's root");
        site_say(site, "root: own read-only tree (pivot_root)");
        site_say(site, "fact: root=pivoted");
    } else {
        bool moved = mount(".", "/", NULL, MS_MOVE, NULL) == 0;
        site_say(site, moved ? "root: own read-only tree (moved mount, chroot)"
                             : "root: own read-only tree (chroot only: pivot_root and MS_MOVE are refused here)");
        site_say(site, moved ? "fact: root=moved" : "fact: root=chroot");
        if (chroot(".") < 0) return site_fail(site, "cannot enter the new root");
    }
    if (chdir("/") < 0) return site_fail(site, "cannot enter the new root");
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
        return site_fail(site, "cannot make the root read-only");
    return 0;
}

/// A directory that is there anyway and under which nothing lies that the slot is to show. With one, a supervisor that is
/// killed leaves not even an empty directory behind.
static const char *mount_point(const struct setup *setup) {
    static const char *const known[] = {"/mnt", "/media", "/srv", "/opt", "/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct stat status;
        bool free = stat(known[i], &status) == 0 && S_ISDIR(status.st_mode);
        for (char **path = setup->paths; free && *path; path += 2) {
            char real[PATH_MAX];
            size_t length = strlen(known[i]);
            free = !realpath(*path, real) || strncmp(real, known[i], length) || (real[length] && real[length] != '/');
        }
        if (free) return known[i];
    }
    return NULL;
}

int root_build(struct site *site, const char *base) {
    // Nothing mounted from here on may show outside. In a chroot the root is no mount point and this is refused.
    bool private = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    site_say(site, private ? "fact: private=1" : "mount propagation: as the host has it\nfact: private=0");
    const char *usual = private ? mount_point(site->setup) : NULL;
    if (usual) base = usual;
    else if (mkdir(base, 0700) < 0 && errno != EEXIST) return site_fail(site, "cannot make %s", base);
    if (mount("tmpfs", base, "tmpfs", MS_NOSUID, "size=1m,mode=0755") < 0)
        return site_fail(site, "cannot mount a tmpfs over %s", base);
    mount(NULL, base, NULL, MS_PRIVATE, NULL);
    if (chdir(base) < 0) return site_fail(site, "cannot enter %s", base);
    for (char **path = site->setup->paths; *path; path += 2)
        if (show(site, path[0], path[1] + 1) < 0) return -1;
    make_devices(site);
    if (make_scratch(site, "w", site->setup->kind == 0) < 0 || make_scratch(site, "tmp", false) < 0) return -1;
    make_proc(site);
    return enter_root(site);
}

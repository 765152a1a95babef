// What a process gives up on its way to becoming pid 1 of a slot.
#include "internal.h"
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Limits that no program's request changes. Not 0 for core dumps: a host that pipes them to a program ignores every
/// limit but 1.
static void set_limits(void) {
    static const struct { int which; rlim_t value; } limits[] = {
        {RLIMIT_CORE, 1},   {RLIMIT_MEMLOCK, 0},    {RLIMIT_MSGQUEUE, 0},
        {RLIMIT_NICE, 0},   {RLIMIT_RTPRIO, 0},     {RLIMIT_SIGPENDING, 1024},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit pair = {limits[i].value, limits[i].value};
        setrlimit((__rlimit_resource_t)limits[i].which, &pair);
    }
}

static int drop_privileges(struct site *site, bool user_namespace) {
    uint32_t user = site->setup->user;
    for (int capability = 0; capability < 64; capability++) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    if (setgroups(0, NULL) < 0 && !user_namespace) return site_fail(site, "cannot drop groups");
    if (setresgid(user, user, user) < 0 || setresuid(user, user, user) < 0)
        return site_fail(site, "cannot change user");
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none) < 0) return site_fail(site, "cannot drop capabilities");
    set_limits();
    // A session keyring of its own, instead of the runner's; none can be reached afterwards.
    syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return site_fail(site, "cannot set no_new_privs");
    char text[128];
    int landlock = landlock_raise();
    snprintf(text, sizeof text, landlock ? "landlock: interface %d\nfact: landlock=%d"
                                         : "landlock: none in this kernel\nfact: landlock=%d", landlock, landlock);
    if (seccomp_load() < 0) return site_fail(site, "cannot load the seccomp filter");
    site_say(site, "privileges: user without names, no capabilities, no_new_privs, seccomp filter");
    site_say(site, text);
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
    if (root_build(&site, base) < 0) return -1;
    return drop_privileges(&site, user_namespace);
}

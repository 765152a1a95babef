// Limits for a whole slot: control groups, version 1 or 2, or none.
#include "internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int put_text(const char *directory, const char *file, const char *text) {
    char path[640];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t n = write(fd, text, strlen(text));
    close(fd);
    return n < 0 ? -1 : 0;
}

static int put_value(const char *directory, const char *file, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return put_text(directory, file, text);
}

/// Removes the groups of supervisors that were killed before they could.
static void sweep(const char *directory) {
    DIR *list = opendir(directory);
    if (!list) return;
    for (struct dirent *entry; (entry = readdir(list));) {
        int owner;
        if (sscanf(entry->d_name, "ppocoder-%d", &owner) != 1) continue;
        if (kill(owner, 0) == 0 || errno != ESRCH) continue;
        char path[768];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        rmdir(path);
    }
    closedir(list);
}

static bool has_word(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ',') && (at[length] == 0 || at[length] == ',' || at[length] == '\n')) return true;
    return false;
}

/// The supervisor's own group of `controller` (version 1), or of version 2 when it is empty, as /proc/self/cgroup has it.
static bool own_group(const char *controller, char *own, size_t size) {
    char line[1024];
    bool found = false;
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file && !found && fgets(line, sizeof line, file)) {
        char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
        if (!path) continue;
        *path++ = 0;
        path[strcspn(path, "\n")] = 0;
        found = *controller ? has_word(names + 1, controller) : names[1] == 0;
        if (found) snprintf(own, size, "%s", path);
    }
    if (file) fclose(file);
    return found;
}

/// Where the hierarchy is mounted, and which part of it (`root`).
static bool mounted_at(const char *controller, char *place, size_t place_size, char *root, size_t root_size) {
    char line[4096];
    bool found = false;
    FILE *file = fopen("/proc/self/mountinfo", "re");
    while (file && !found && fgets(line, sizeof line, file)) {
        char *type = strstr(line, " - ");
        if (!type) continue;
        *type = 0;
        char kind[32], source[256], options[1024], part[512], where[512];
        if (sscanf(type + 3, "%31s %255s %1023s", kind, source, options) != 3) continue;
        if (sscanf(line, "%*d %*d %*s %511s %511s", part, where) != 2) continue;
        found = *controller ? !strcmp(kind, "cgroup") && has_word(options, controller) : !strcmp(kind, "cgroup2");
        if (!found) continue;
        snprintf(place, place_size, "%s", where);
        snprintf(root, root_size, "%s", strcmp(part, "/") ? part : "");
    }
    if (file) fclose(file);
    return found;
}

/// In version 2 a group that has members cannot hand controllers down. In a container, whose top group is ours to
/// arrange, the members move to a group beside the slots'.
static void delegate(const char *parent, bool is_top) {
    if (put_text(parent, "cgroup.subtree_control", "+memory +pids +cpu") == 0 || errno != EBUSY || !is_top) return;
    char members[640], beside[640], line[32];
    snprintf(members, sizeof members, "%.400s/cgroup.procs", parent);
    snprintf(beside, sizeof beside, "%.400s/ppocoder", parent);
    mkdir(beside, 0755);
    FILE *list = fopen(members, "re");
    while (list && fgets(line, sizeof line, list)) put_text(beside, "cgroup.procs", line);
    if (list) fclose(list);
    put_text(parent, "cgroup.subtree_control", "+memory +pids +cpu");
}

/// Makes a group below the supervisor's own group of `controller` and puts `process` into it.
static bool enter(char *path, size_t size, const char *controller, pid_t process) {
    char own[256], place[256], root[256], parent[512];
    *path = 0;
    if (!own_group(controller, own, sizeof own) || !mounted_at(controller, place, sizeof place, root, sizeof root))
        return false;
    size_t skip = strlen(root);
    const char *below = strncmp(own, root, skip) ? "" : own + skip;
    if (!strcmp(below, "/")) below = "";
    snprintf(parent, sizeof parent, "%s%s", place, below);
    // A supervisor that was moved aside by another (see `delegate`) makes its groups where that one does.
    size_t length = strlen(parent);
    if (!*controller && length > 9 && !strcmp(parent + length - 9, "/ppocoder")) parent[length - 9] = 0;
    if (access(parent, W_OK) < 0) return false;
    sweep(parent);
    if (!*controller) delegate(parent, *below == 0);
    snprintf(path, size, "%.470s/ppocoder-%d", parent, (int)getpid());
    if (mkdir(path, 0755) < 0 && errno != EEXIST) return *path = 0, false;
    if (put_value(path, "cgroup.procs", (uint64_t)process) == 0) return true;
    rmdir(path);
    return *path = 0, false;
}

static int open_in(const char *directory, const char *file, int flags) {
    char path[640];
    if (!*directory) return -1;
    snprintf(path, sizeof path, "%s/%s", directory, file);
    return open(path, flags | O_CLOEXEC);
}

/// Opens what every run reads; a file costs a third of that when it need not be looked up.
static void open_files(struct groups *groups) {
    const char *memory = groups->paths[GROUP_MEMORY], *unified = groups->paths[GROUP_UNIFIED];
    char children[64];
    if (groups->version == 2) {
        groups->usage = open_in(unified, "cpu.stat", O_RDONLY);
        groups->peak = open_in(unified, "memory.peak", O_RDWR);
        groups->killed = open_in(unified, "memory.events", O_RDONLY);
    } else {
        groups->usage = open_in(groups->paths[GROUP_CPU], "cpuacct.usage", O_RDONLY);
        groups->peak = open_in(memory, "memory.max_usage_in_bytes", O_RDWR);
        groups->killed = open_in(memory, "memory.oom_control", O_RDONLY);
    }
    // `cgroup.procs` of version 2 is sorted lazily, that of version 1 at every reading.
    groups->members = open_in(*unified ? unified : memory, "cgroup.procs", O_RDONLY);
    snprintf(children, sizeof children, "/proc/%d/task/%d/children", (int)groups->init, (int)groups->init);
    groups->children = groups->members < 0 ? open(children, O_RDONLY | O_CLOEXEC) : -1;
}

void groups_make(struct groups *groups, pid_t init) {
    memset(groups, 0, sizeof *groups);
    groups->init = init;
    const size_t size = sizeof groups->paths[0];
    if (enter(groups->paths[GROUP_MEMORY], size, "memory", init)) {
        groups->version = 1;
        put_text(groups->paths[GROUP_MEMORY], "memory.memsw.limit_in_bytes", "-1");
        put_text(groups->paths[GROUP_MEMORY], "memory.limit_in_bytes", "-1");
    }
    if (enter(groups->paths[GROUP_PIDS], size, "pids", init)) put_text(groups->paths[GROUP_PIDS], "pids.max", "max");
    enter(groups->paths[GROUP_CPU], size, "cpuacct", init);
    if (enter(groups->paths[GROUP_UNIFIED], size, "", init) && groups->version == 0 &&
        put_text(groups->paths[GROUP_UNIFIED], "memory.max", "max") == 0) {
        groups->version = 2;
        put_text(groups->paths[GROUP_UNIFIED], "pids.max", "max");
    }
    open_files(groups);
}

int groups_limit(struct groups *groups, uint64_t memory, uint64_t pids) {
    int failure = 0;
    const char *first = groups->paths[GROUP_MEMORY], *unified = groups->paths[GROUP_UNIFIED];
    if (groups->version == 1 && memory != groups->memory_limit) {
        put_text(first, "memory.memsw.limit_in_bytes", "-1");
        if (put_value(first, "memory.limit_in_bytes", memory) < 0) failure = errno;
        put_value(first, "memory.memsw.limit_in_bytes", memory);
    } else if (groups->version == 2 && memory != groups->memory_limit) {
        if (put_value(unified, "memory.max", memory) < 0) failure = errno;
        put_text(unified, "memory.swap.max", "0");
    }
    if (groups->peak >= 0 && pwrite(groups->peak, "0", 1, 0) < 0) errno = 0; // before Linux 6.12 version 2 cannot reset it
    if (pids != groups->pids_limit && *groups->paths[GROUP_PIDS])
        put_value(groups->paths[GROUP_PIDS], "pids.max", pids);
    else if (pids != groups->pids_limit && groups->version == 2) put_value(unified, "pids.max", pids);
    // One that was not set is tried again next time.
    groups->memory_limit = failure ? 0 : memory;
    groups->pids_limit = pids;
    errno = failure;
    return failure ? -1 : 0;
}

void groups_kill(const struct groups *groups) {
    if (*groups->paths[GROUP_UNIFIED]) put_text(groups->paths[GROUP_UNIFIED], "cgroup.kill", "1");
}

bool groups_alone(const struct groups *groups) {
    char text[256];
    int fd = groups->members >= 0 ? groups->members : groups->children;
    if (fd < 0) return true;
    ssize_t n = pread(fd, text, sizeof text, 0);
    int lines = 0;
    for (ssize_t i = 0; i < n; i++) lines += text[i] == '\n';
    return groups->members >= 0 ? lines <= 1 : n <= 0;
}

/// The number in an open file or, with `key`, the one after that word; 0 when it cannot be read.
static uint64_t value_in(int fd, const char *key) {
    char text[2048];
    ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    if (n <= 0) return 0;
    text[n] = 0;
    const char *at = key ? strstr(text, key) : text;
    return at ? strtoull(at + (key ? strlen(key) : 0), NULL, 10) : 0;
}

/// Adds the CPU time of one process, and says what of it is resident. Returns whether it has more than one thread.
static bool sample_one(pid_t process, uint64_t *cpu, uint64_t *resident) {
    *resident = 0;
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return false;
    text[n] = 0;
    unsigned long long user = 0, kernel = 0, user_below = 0, kernel_below = 0;
    long pages = 0, threads = 0;
    const char *at = strrchr(text, ')');
    if (at)
        sscanf(at + 2,
               "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %ld %*d %*u %*u %ld",
               &user, &kernel, &user_below, &kernel_below, &threads, &pages);
    *cpu += (user + kernel + user_below + kernel_below) * (1000000 / (unsigned long)sysconf(_SC_CLK_TCK));
    *resident = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return threads > 1;
}

struct family {
    pid_t members[4096];
    uint64_t resident[4096];
    size_t count;
};

static void add_children(struct family *family, pid_t process, pid_t thread) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)process, (int)thread);
    FILE *children = fopen(path, "re");
    if (!children) return;
    const size_t most = sizeof family->members / sizeof *family->members;
    for (int child; family->count < most && fscanf(children, "%d", &child) == 1;)
        family->members[family->count++] = child;
    fclose(children);
}

static void add_children_of_threads(struct family *family, pid_t process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    DIR *tasks = opendir(path);
    if (!tasks) return;
    for (struct dirent *entry; (entry = readdir(tasks));)
        if (*entry->d_name != '.') add_children(family, process, (pid_t)atoi(entry->d_name));
    closedir(tasks);
}

/// The memory that is a process's alone, and its part of what it shares; 0 when the kernel does not say.
static uint64_t proportional(pid_t process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)process);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t kilobytes = value_in(fd, "Pss:");
    if (fd >= 0) close(fd);
    return kilobytes * 1024;
}

/// Sums over a process and all that descend from it. Whoever loses its parent becomes a child of pid 1, so that is
/// everybody; a list instead of recursion, because a program may make its family tree as deep as it likes.
///
/// Forked processes share most of their pages, so the sum of what is resident may be many times what is used. Only when
/// it is above `limit` are the shares looked at, which takes the kernel longer.
static void sample(pid_t process, uint64_t limit, uint64_t *cpu, uint64_t *resident) {
    static struct family family;
    family.members[0] = process;
    family.count = 1;
    for (size_t i = 0; i < family.count; i++) {
        bool threads = sample_one(family.members[i], cpu, &family.resident[i]);
        *resident += family.resident[i];
        if (threads) add_children_of_threads(&family, family.members[i]);
        else add_children(&family, family.members[i], family.members[i]);
    }
    if (*resident <= limit || family.count == 1) return;
    *resident = 0;
    for (size_t i = 0; i < family.count; i++) {
        // One that hides its figures is taken for all that is resident.
        uint64_t share = proportional(family.members[i]);
        *resident += share ? share : family.resident[i];
    }
}

void groups_read(const struct groups *groups, uint64_t *cpu, uint64_t *peak, uint64_t *killed) {
    if (peak) *peak = value_in(groups->peak, NULL);
    if (killed) *killed = value_in(groups->killed, "oom_kill ");
    *cpu = groups->version == 2 ? value_in(groups->usage, "usage_usec ") : value_in(groups->usage, NULL) / 1000;
    if (groups->version && groups->usage >= 0) return;
    uint64_t sampled_cpu = 0, resident = 0;
    sample(groups->init, groups->memory_limit ? groups->memory_limit : UINT64_MAX, &sampled_cpu, &resident);
    if (groups->usage < 0) *cpu = sampled_cpu;
    if (peak && groups->version == 0) *peak = resident;
}

void groups_remove(struct groups *groups) {
    int files[] = {groups->usage, groups->peak, groups->killed, groups->members, groups->children};
    for (int i = 0; i < 5; i++)
        if (files[i] > 2) close(files[i]);
    for (int i = 0; i < GROUPS; i++)
        for (int attempt = 0; *groups->paths[i] && attempt < 100 && rmdir(groups->paths[i]) < 0 && errno == EBUSY;
             attempt++)
            usleep(2000);
}

const char *groups_describe(const struct groups *groups, char *text, size_t size) {
    const bool pids = groups->version == 2 || *groups->paths[GROUP_PIDS];
    const bool cpu = groups->usage >= 0;
    const char *kill = *groups->paths[GROUP_UNIFIED] ? "cgroup.kill and pid namespace" : "pid namespace";
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)groups->init);
    const char *memory = groups->version == 2 ? "version2" : groups->version == 1 ? "version1" : "none";
    if (groups->version == 0 && access(path, R_OK) == 0) memory = "sampled";
    if (groups->version)
        snprintf(text, size, "control groups: version %d (memory%s%s; killing by %s)", groups->version,
                 pids ? ", processes" : "", cpu ? ", CPU time" : "", kill);
    else
        snprintf(text, size, "control groups: none for memory (RLIMIT_AS and sampling); processes by %s, CPU time by %s; "
                 "killing by %s", pids ? "group" : "RLIMIT_NPROC", cpu ? "group" : "sampling", kill);
    size_t n = strlen(text);
    snprintf(text + n, size - n, "\nfact: memory=%s\nfact: processes=%s\nfact: cpu=%s", memory,
             pids ? "group" : "rlimit", cpu ? "group" : "sampled");
    return text;
}

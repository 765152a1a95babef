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

/// The number in a file or, with `key`, the one after that word; 0 when it cannot be read.
static uint64_t get_value(const char *directory, const char *file, const char *key) {
    char path[640], text[4096];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return 0;
    text[n] = 0;
    const char *at = text;
    if (key) {
        at = strstr(text, key);
        if (!at) return 0;
        at += strlen(key);
    }
    return strtoull(at, NULL, 10);
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

/// Makes a group below the supervisor's own group of `controller` and puts `process` into it.
static bool enter(char *path, size_t size, const char *controller, pid_t process) {
    char line[512], own[256] = "", wanted[32];
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (!file) return false;
    snprintf(wanted, sizeof wanted, ":%s:", controller);
    while (fgets(line, sizeof line, file)) {
        char *at = strstr(line, wanted);
        if (!at) continue;
        at += strlen(wanted);
        at[strcspn(at, "\n")] = 0;
        snprintf(own, sizeof own, "%s", at);
    }
    fclose(file);
    char parent[400];
    snprintf(parent, sizeof parent, "/sys/fs/cgroup%s%s%s", *controller ? "/" : "", controller, own);
    if (access(parent, W_OK) < 0) return false;
    sweep(parent);
    if (!*controller) put_text(parent, "cgroup.subtree_control", "+memory +pids +cpu");
    snprintf(path, size, "%s/ppocoder-%d", parent, (int)getpid());
    if (mkdir(path, 0755) < 0 && errno != EEXIST) return false;
    if (put_value(path, "cgroup.procs", (uint64_t)process) == 0) return true;
    rmdir(path);
    return false;
}

void groups_make(struct groups *groups, pid_t init) {
    memset(groups, 0, sizeof *groups);
    groups->init = init;
    if (enter(groups->memory, sizeof groups->memory, "memory", init)) {
        groups->version = 1;
        if (!enter(groups->pids, sizeof groups->pids, "pids", init)) *groups->pids = 0;
        if (!enter(groups->cpu, sizeof groups->cpu, "cpuacct", init) &&
            !enter(groups->cpu, sizeof groups->cpu, "cpu,cpuacct", init))
            *groups->cpu = 0;
    } else if (enter(groups->memory, sizeof groups->memory, "", init)) {
        char path[600];
        snprintf(path, sizeof path, "%s/memory.max", groups->memory);
        if (access(path, W_OK) == 0) groups->version = 2;
        else *groups->memory = 0;
    } else {
        *groups->memory = 0;
    }
}

void groups_limit(struct groups *groups, uint64_t memory, uint64_t pids) {
    if (groups->version == 1) {
        if (memory != groups->memory_limit) {
            put_text(groups->memory, "memory.memsw.limit_in_bytes", "-1");
            put_value(groups->memory, "memory.limit_in_bytes", memory);
            put_value(groups->memory, "memory.memsw.limit_in_bytes", memory);
        }
        put_text(groups->memory, "memory.max_usage_in_bytes", "0");
        if (*groups->pids && pids != groups->pids_limit) put_value(groups->pids, "pids.max", pids);
    } else if (groups->version == 2) {
        if (memory != groups->memory_limit) {
            put_value(groups->memory, "memory.max", memory);
            put_text(groups->memory, "memory.swap.max", "0");
        }
        put_text(groups->memory, "memory.peak", "0");
        if (pids != groups->pids_limit) put_value(groups->memory, "pids.max", pids);
    }
    groups->memory_limit = memory;
    groups->pids_limit = pids;
}

/// Sums the CPU time and the resident memory of a process and everything below it, from /proc.
static void sample(pid_t process, int depth, uint64_t *cpu, uint64_t *resident) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return;
    text[n] = 0;
    unsigned long long user = 0, kernel = 0, user_below = 0, kernel_below = 0;
    long pages = 0;
    const char *at = strrchr(text, ')');
    if (at)
        sscanf(at + 2,
               "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %*d %*d %*u %*u %ld",
               &user, &kernel, &user_below, &kernel_below, &pages);
    *cpu += (user + kernel + user_below + kernel_below) * (1000000 / (unsigned long)sysconf(_SC_CLK_TCK));
    *resident += (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
    if (depth > 32) return;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)process, (int)process);
    FILE *children = fopen(path, "re");
    if (!children) return;
    for (int child; fscanf(children, "%d", &child) == 1;) sample(child, depth + 1, cpu, resident);
    fclose(children);
}

void groups_read(const struct groups *groups, uint64_t *cpu, uint64_t *peak, uint64_t *killed) {
    *cpu = *peak = *killed = 0;
    if (groups->version == 1) {
        if (*groups->cpu) *cpu = get_value(groups->cpu, "cpuacct.usage", NULL) / 1000;
        *peak = get_value(groups->memory, "memory.max_usage_in_bytes", NULL);
        *killed = get_value(groups->memory, "memory.oom_control", "oom_kill ");
    } else if (groups->version == 2) {
        *cpu = get_value(groups->memory, "cpu.stat", "usage_usec ");
        *peak = get_value(groups->memory, "memory.peak", NULL);
        *killed = get_value(groups->memory, "memory.events", "oom_kill ");
    }
    if (groups->version == 0) sample(groups->init, 0, cpu, peak);
    else if (groups->version == 1 && !*groups->cpu) {
        uint64_t resident = 0;
        sample(groups->init, 0, cpu, &resident);
    }
}

void groups_remove(struct groups *groups) {
    char *paths[] = {groups->memory, groups->pids, groups->cpu};
    for (int i = 0; i < 3; i++)
        for (int attempt = 0; *paths[i] && attempt < 100 && rmdir(paths[i]) < 0 && errno == EBUSY; attempt++)
            usleep(2000);
}

const char *groups_describe(const struct groups *groups, char *text, size_t size) {
    if (groups->version == 2) snprintf(text, size, "control groups: version 2 (memory, processes, CPU time)");
    else if (groups->version == 1)
        snprintf(text, size, "control groups: version 1 (memory%s%s)", *groups->pids ? ", processes" : "",
                 *groups->cpu ? ", CPU time" : "");
    else snprintf(text, size, "control groups: none (memory by RLIMIT_AS and sampling, CPU time by sampling)");
    return text;
}

#pragma once
#include "include/csandbox.h"
#include <stdbool.h>
#include <time.h>

/// Bytes that grow.
struct buffer {
    uint8_t *bytes;
    size_t count, capacity;
};
/// Makes room for `capacity` bytes in all.
void buffer_reserve(struct buffer *buffer, size_t capacity);
void buffer_append(struct buffer *buffer, const void *bytes, size_t count);
void buffer_clear(struct buffer *buffer);

/// Reads numbers and strings from a message; `bad` is set, for ever, when the message is too short.
struct reader {
    const uint8_t *bytes;
    size_t count;
    bool bad;
};
uint64_t read_number(struct reader *reader, int bytes);
const uint8_t *read_bytes(struct reader *reader, size_t *count);
/// A zero-terminated copy, never freed: only for set-up and for a child about to execute.
char *read_string(struct reader *reader);
void put_number(struct buffer *buffer, uint64_t value, int bytes);
void put_bytes(struct buffer *buffer, const void *bytes, size_t count);

/// What the runner asks of a new slot.
struct setup {
    uint32_t kind; // 0: csandbox_init, 1: the command in `arguments` becomes pid 1
    uint32_t user;
    uint64_t scratch_bytes; // size of each of the two scratch file systems
    char **paths;           // read-only binds: host path, path in the slot, pairwise, ended by NULL
    char **arguments;       // ended by NULL
    char **environment;     // of a zygote, ended by NULL
};

/// The file descriptors that pid 1 of a slot is given; one that executes commands has the first only.
enum { CONTROL_FD = 0, SECRET_FD = 3, BODY_FD = 4, RESULT_FD = 5, OUTPUT_FD = 6, ERROR_FD = 7, STREAMS = 4 };
/// The runner's end of the supervisor.
enum { CLIENT_FD = 0, MESSAGE_MAX = 256 << 20 };
/// What went wrong in a run.
enum { CPU_LIMIT = 1, WALL_LIMIT = 2, KERNEL_KILL = 4, DEAD = 8, OUTPUT_CUT = 16 };

// root.c
struct site {
    const struct setup *setup;
    char *report, *error;
    size_t report_size, error_size;
};
/// Adds a line to the report. Lines for people say what a wall is; one that starts with "fact: " says it to the runner.
void site_say(struct site *site, const char *text);
/// Writes a sentence, with what errno says, into `error`, and returns -1.
int site_fail(struct site *site, const char *format, ...);
/// Mounts the slot's own file system and makes it the root; makes the directory `base` only where it has to.
int root_build(struct site *site, const char *base);

// walls.c
/// Builds the walls round the calling process (in fresh namespaces) and gives up every privilege.
/// Returns 0, or -1 with a sentence in `error`. `report` receives the names of the walls that differ between machines.
int walls_raise(const struct setup *setup, bool user_namespace, const char *base, char *report, size_t report_size,
                char *error, size_t error_size);

// seccomp.c
/// Needs no_new_privs.
int seccomp_load(void);

// landlock.c
/// Returns the version of the kernel's interface that is in force now, or 0. Needs no_new_privs.
int landlock_raise(void);

// scratch.c
struct scratch {
    int fd;
    uint64_t inodes; // in use when empty
    mode_t mode;
    struct timespec changed;
};
/// Takes over an empty scratch file system.
bool scratch_adopt(struct scratch *scratch, int fd);
/// Empties it; false when something in it stays in use. Only while no program is alive.
bool scratch_reset(struct scratch *scratch);

// groups.c
enum { GROUP_MEMORY, GROUP_PIDS, GROUP_CPU, GROUP_UNIFIED, GROUPS };
struct groups {
    int version; // of the memory limit: 1, 2 or 0: none
    char paths[GROUPS][512]; // empty: not there
    // Files read or written in every run, kept open.
    int usage, peak, killed, members, children;
    uint64_t memory_limit, pids_limit;
    pid_t init;
};
void groups_make(struct groups *groups, pid_t init);
/// Returns 0, or -1 with errno when the memory limit could not be set: EBUSY when what pid 1 holds is more than that.
int groups_limit(struct groups *groups, uint64_t memory, uint64_t pids);
/// Kills what is in the groups, where that can be done at one stroke.
void groups_kill(const struct groups *groups);
/// Whether pid 1 is the only process of the slot.
bool groups_alone(const struct groups *groups);
void groups_remove(struct groups *groups);
/// CPU time in microseconds, memory high-water mark in bytes (reset by groups_limit), times the kernel killed. What is
/// NULL is not asked for.
void groups_read(const struct groups *groups, uint64_t *cpu, uint64_t *peak, uint64_t *killed);
const char *groups_describe(const struct groups *groups, char *text, size_t size);

// init.c
/// Pid 1 of a slot that executes commands. Never returns. Where a group limits memory, address space is not limited too:
/// what a program reserves and never touches costs nothing.
_Noreturn void csandbox_init(bool memory_is_grouped);

// follow.c
struct bytes {
    const uint8_t *bytes;
    size_t count;
};
struct slot {
    struct setup setup;
    struct groups groups;
    struct scratch scratch[2];
    pid_t init;
    int control, body;
    int streams[STREAMS]; // SECRET_FD (both ways), RESULT_FD, OUTPUT_FD, ERROR_FD
    bool user_namespace;
    char report[2048], error[512];
};
struct run {
    uint64_t cpu_limit, wall_limit, output_limit;
    struct bytes head, body, secret;
    uint8_t flags;
    struct buffer reply, streams[STREAMS];
};
void run_begin(struct run *run);
/// Passes the request to the slot and follows it to the reply of pid 1, or to `DEAD`.
void run_follow(struct slot *slot, struct run *run, uint64_t cpu_before);

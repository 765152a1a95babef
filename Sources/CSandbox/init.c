// Pid 1 of a slot that executes commands: writes files into /w, runs one command, kills everything, collects what it
// made. Speaks only to the supervisor, over CONTROL_FD; the supervisor empties /w and /tmp when it has the answer.
//
// Request: u64 address space, u64 file size, u64 output bytes, u32 processes, u32 CPU seconds, u64 stack,
//          list of files (name, bytes, u8 executable), list of arguments, standard input, suffix to collect.
// Reply:   u32 wait status, u8 flags (1: output cut, 2: could not start), u64 CPU time, u64 peak
//          memory, standard output, standard error, list of files (name, bytes).
#include "internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CUT = 1, NOT_STARTED = 2, COLLECT_MAX = 96 << 20, SHORT_RUN_MS = 4 };

struct command {
    uint64_t address_space, file_size, output, stack;
    uint32_t processes, cpu_seconds;
    char **arguments;
    const uint8_t *input;
    size_t input_count;
    char *suffix;
};

struct outcome {
    int status;
    uint8_t flags;
    uint64_t cpu, peak;
    struct buffer output, errors, files;
    uint32_t file_count;
};

static int write_files(struct reader *reader) {
    uint32_t count = (uint32_t)read_number(reader, 4);
    for (uint32_t i = 0; i < count && !reader->bad; i++) {
        char path[1024];
        char *name = read_string(reader);
        size_t size;
        const uint8_t *bytes = read_bytes(reader, &size);
        mode_t mode = read_number(reader, 1) ? 0700 : 0600;
        snprintf(path, sizeof path, "/w/%s", name);
        free(name);
        for (char *slash = strchr(path + 3, '/'); slash; slash = strchr(slash + 1, '/')) {
            *slash = 0;
            mkdir(path, 0700);
            *slash = '/';
        }
        int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, mode);
        if (fd < 0) return -1;
        while (size) {
            ssize_t n = write(fd, bytes, size);
            if (n < 0) return close(fd), -1;
            bytes += n;
            size -= (size_t)n;
        }
        close(fd);
    }
    return reader->bad ? -1 : 0;
}

/// Appends every regular file below `name` whose name ends in the wanted suffix; links and special files are skipped.
static void collect(struct outcome *outcome, int parent, const char *name, const char *prefix, const char *suffix,
                    int depth) {
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (!list) return;
    for (struct dirent *entry; (entry = readdir(list));) {
        if (entry->d_name[0] == '.') continue;
        char path[1024];
        snprintf(path, sizeof path, "%s%s", prefix, entry->d_name);
        struct stat status;
        if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) continue;
        if (S_ISDIR(status.st_mode) && depth < 8) {
            strncat(path, "/", sizeof path - strlen(path) - 1);
            collect(outcome, fd, entry->d_name, path, suffix, depth + 1);
        }
        size_t length = strlen(entry->d_name), tail = strlen(suffix);
        if (!S_ISREG(status.st_mode) || length < tail || strcmp(entry->d_name + length - tail, suffix)) continue;
        if (outcome->files.count + (size_t)status.st_size > COLLECT_MAX) continue;
        int file = openat(fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        if (file < 0) continue;
        uint8_t *bytes = malloc((size_t)status.st_size + 1);
        ssize_t got = bytes ? read(file, bytes, (size_t)status.st_size) : -1;
        close(file);
        if (got == status.st_size) {
            put_bytes(&outcome->files, path, strlen(path));
            put_bytes(&outcome->files, bytes, (size_t)got);
            outcome->file_count++;
        }
        free(bytes);
    }
    closedir(list);
}

static void limit(int which, uint64_t value) {
    struct rlimit pair = {value, value};
    setrlimit(which, &pair);
}

static bool memory_is_grouped;

/// Becomes the command, in a child that still shares this process's memory: it may change nothing in it.
static _Noreturn void become(const struct command *command, int input, int output, int errors) {
    setsid();
    dup2(input, 0);
    dup2(output, 1);
    dup2(errors, 2);
    close_range(3, ~0u, 0);
    if (chdir("/w") < 0) _exit(127);
    if (command->address_space && !memory_is_grouped) limit(RLIMIT_AS, command->address_space);
    limit(RLIMIT_FSIZE, command->file_size);
    limit(RLIMIT_NOFILE, 256);
    limit(RLIMIT_NPROC, command->processes);
    limit(RLIMIT_CPU, command->cpu_seconds + 1);
    limit(RLIMIT_STACK, command->stack);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    char *environment[] = {"PATH=/usr/bin", "HOME=/w", "LC_ALL=C.UTF-8", NULL};
    execve(command->arguments[0], command->arguments, environment);
    _exit(127);
}

/// Takes what is in the pipe, which is readable or at its end; once the budget is spent, the rest is counted as too much
/// and not kept.
static bool drain(const struct pollfd *pipe, struct buffer *into, uint64_t *budget, uint8_t *flags) {
    uint8_t chunk[65536];
    if (!(pipe->revents & POLLIN)) return false;
    ssize_t n = read(pipe->fd, chunk, sizeof chunk);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    size_t kept = (uint64_t)n > *budget ? (size_t)*budget : (size_t)n;
    buffer_append(into, chunk, kept);
    *budget -= kept;
    if (kept < (size_t)n) *flags |= CUT;
    return !(*flags & CUT);
}

static uint64_t microseconds(const struct rusage *usage) {
    return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static bool has_ended(pid_t child, struct outcome *outcome) {
    struct rusage usage;
    if (wait4(child, &outcome->status, WNOHANG, &usage) != child) return false;
    outcome->cpu = microseconds(&usage);
    outcome->peak = (uint64_t)usage.ru_maxrss * 1024;
    return true;
}

/// Follows the child to its end, feeding and emptying its pipes. The supervisor keeps the clock: an empty message from
/// it means "stop now".
static void follow(const struct command *command, pid_t child, int input, int output, int errors,
                   struct outcome *outcome) {
    enum { STOP, END, OUTPUT, ERRORS, INPUT, COUNT };
    uint64_t budget = command->output;
    size_t fed = 0;
    bool ended = false;
    int watch = (int)syscall(SYS_pidfd_open, child, 0);
    struct pollfd fds[COUNT] = {[STOP] = {.fd = CONTROL_FD, .events = POLLIN},
                                [END] = {.fd = watch, .events = POLLIN},
                                [OUTPUT] = {.fd = output, .events = POLLIN},
                                [ERRORS] = {.fd = errors, .events = POLLIN},
                                [INPUT] = {.fd = input, .events = POLLOUT}};
    if (!command->input_count) close(input), fds[INPUT].fd = -1;
    // Most commands are over in no time and say little: what they say waits in the pipes, and only the end wakes us.
    if (!command->input_count && watch >= 0) poll(fds, OUTPUT, SHORT_RUN_MS);
    while (!ended || fds[OUTPUT].fd >= 0 || fds[ERRORS].fd >= 0) {
        // A child that has ended may leave a daemon that holds the pipes: what is there now is all we take.
        if (!ended && (ended = has_ended(child, outcome))) fds[END].fd = -1;
        int ready = poll(fds, COUNT, ended ? 0 : watch < 0 ? 20 : -1);
        if (ready <= 0 && ended) break;
        if (ready <= 0) continue;
        if (fds[STOP].revents) {
            uint32_t stop;
            if (csandbox_read(CONTROL_FD, &stop, 4, -1) < 0) _exit(0);
            break;
        }
        struct pollfd *out = &fds[OUTPUT], *err = &fds[ERRORS], *in = &fds[INPUT];
        if (out->revents && !drain(out, &outcome->output, &budget, &outcome->flags)) out->fd = -1;
        if (err->revents && !drain(err, &outcome->errors, &budget, &outcome->flags)) err->fd = -1;
        if (outcome->flags & CUT) break;
        if (in->revents) {
            ssize_t n = write(input, command->input + fed, command->input_count - fed);
            if (n > 0) fed += (size_t)n;
            if (fed == command->input_count || (n < 0 && errno != EAGAIN)) close(input), in->fd = -1;
        }
    }
    if (fds[INPUT].fd >= 0) close(input);
    if (watch >= 0) close(watch);
}

/// Kills everything but this process, and collects the dead.
static void end_all(pid_t child, struct outcome *outcome) {
    kill(-1, SIGKILL);
    int status;
    struct rusage usage;
    for (pid_t dead; (dead = wait4(-1, &status, 0, &usage)) > 0 || errno == EINTR;) {
        if (dead <= 0) continue;
        if (dead == child) outcome->status = status;
        outcome->cpu += microseconds(&usage);
        if ((uint64_t)usage.ru_maxrss * 1024 > outcome->peak) outcome->peak = (uint64_t)usage.ru_maxrss * 1024;
    }
}

static void run(const struct command *command, struct outcome *outcome) {
    int in[2], out[2], err[2];
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) _exit(1);
    // Copying this process's memory would cost more than starting the command.
    pid_t child = vfork();
    if (child == 0) become(command, in[0], out[1], err[1]);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    if (command->input_count) fcntl(in[1], F_SETFL, O_NONBLOCK);
    if (child < 0) outcome->flags |= NOT_STARTED, close(in[1]);
    else follow(command, child, in[1], out[0], err[0], outcome);
    end_all(child, outcome);
    close(out[0]);
    close(err[0]);
}

static void serve(struct reader *reader) {
    struct command command = {0};
    struct outcome outcome = {0};
    command.address_space = read_number(reader, 8);
    command.file_size = read_number(reader, 8);
    command.output = read_number(reader, 8);
    command.processes = (uint32_t)read_number(reader, 4);
    command.cpu_seconds = (uint32_t)read_number(reader, 4);
    command.stack = read_number(reader, 8);
    bool written = write_files(reader) == 0;
    uint32_t count = (uint32_t)read_number(reader, 4);
    if (reader->bad || count == 0 || count > 256) _exit(1);
    char *arguments[257];
    for (uint32_t i = 0; i < count; i++) arguments[i] = read_string(reader);
    arguments[count] = NULL;
    command.arguments = arguments;
    command.input = read_bytes(reader, &command.input_count);
    command.suffix = read_string(reader);
    if (written && !reader->bad) run(&command, &outcome);
    else outcome.flags |= NOT_STARTED;
    if (*command.suffix) collect(&outcome, AT_FDCWD, "/w", "", command.suffix, 0);
    struct buffer reply = {0};
    put_number(&reply, 0, 4);
    put_number(&reply, (uint32_t)outcome.status, 4);
    put_number(&reply, outcome.flags, 1);
    put_number(&reply, outcome.cpu, 8);
    put_number(&reply, outcome.peak, 8);
    put_bytes(&reply, outcome.output.bytes, outcome.output.count);
    put_bytes(&reply, outcome.errors.bytes, outcome.errors.count);
    put_number(&reply, outcome.file_count, 4);
    buffer_append(&reply, outcome.files.bytes, outcome.files.count);
    uint32_t length = (uint32_t)reply.count - 4;
    memcpy(reply.bytes, &length, 4);
    if (csandbox_write(CONTROL_FD, reply.bytes, reply.count, -1) < 0) _exit(0);
    for (uint32_t i = 0; i < count; i++) free(arguments[i]);
    free(command.suffix);
    struct buffer *buffers[] = {&outcome.output, &outcome.errors, &outcome.files, &reply};
    for (int i = 0; i < 4; i++) free(buffers[i]->bytes);
}

_Noreturn void csandbox_init(bool grouped) {
    memory_is_grouped = grouped;
    // Children of the same user must not be able to open this process's memory or descriptors through /proc.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        uint32_t length;
        if (csandbox_read(CONTROL_FD, &length, 4, -1) < 0) _exit(0);
        if (length == 0) continue; // a stop that came after the end
        uint8_t *bytes = malloc(length);
        if (!bytes || csandbox_read(CONTROL_FD, bytes, length, -1) < 0) _exit(0);
        struct reader reader = {bytes, length, false};
        serve(&reader);
        free(bytes);
    }
}

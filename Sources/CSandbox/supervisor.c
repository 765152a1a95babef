// The host's side of a slot: builds it, passes requests to its pid 1, keeps the clock, measures, and ends it.
//
// Every message is a u32 length and that many bytes, little-endian.
// Set-up:  u32 kind, u32 user, u64 scratch bytes, list of binds (from, to), list of arguments,
//          list of environment variables.
// Hello:   u8 1 and the walls, one per line; or u8 0 and a sentence that says what is missing.
// Request: u64 memory, u32 processes, u64 CPU time (microseconds; 0: no limit), u64 wall time, u64 output bytes,
//          head, body, secret.
// Reply:   u8 flags, u64 CPU time, u64 peak memory, u64 wall time (microseconds), what pid 1 answered, and what came
//          from SECRET_FD, RESULT_FD, OUTPUT_FD and ERROR_FD.
//
// Pid 1 gets the head. A zygote reads nothing else: the child that runs a program reads the body (program and
// arguments), the child that runs tests reads the secret (tests and a nonce), and what they say comes here directly. So
// the memory that programs are forked from never held another program, its results, or a test.
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Reads a message; NULL when the other side has gone, or sends more than one. It stays until the next is read.
static const uint8_t *receive(int fd, uint32_t *length) {
    static struct buffer incoming;
    buffer_clear(&incoming);
    buffer_reserve(&incoming, 1 << 16);
    // Nearly every message fits, and is there as a whole.
    ssize_t got = csandbox_read_some(fd, incoming.bytes, incoming.capacity, -1);
    if (got < 4) return NULL;
    memcpy(length, incoming.bytes, 4);
    if (*length > MESSAGE_MAX || (size_t)got > *length + 4ul) return NULL;
    incoming.count = (size_t)got;
    buffer_reserve(&incoming, *length + 4ul);
    if (csandbox_read(fd, incoming.bytes + got, *length + 4ul - (size_t)got, -1) < 0) return NULL;
    return incoming.bytes + 4;
}

static int reply(struct buffer *message) {
    uint32_t length = (uint32_t)message->count - 4;
    memcpy(message->bytes, &length, 4);
    return csandbox_write(CLIENT_FD, message->bytes, message->count, -1);
}

static uint64_t now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static char **read_strings(struct reader *reader, uint32_t factor) {
    uint32_t count = (uint32_t)read_number(reader, 4) * factor;
    if (reader->bad || count > 1024) _exit(2);
    char **strings = calloc(count + 1, sizeof *strings);
    if (!strings) abort();
    for (uint32_t i = 0; i < count; i++) strings[i] = read_string(reader);
    return strings;
}

/// Reads the set-up.
static bool read_setup(struct setup *setup) {
    uint32_t length;
    const uint8_t *bytes = receive(CLIENT_FD, &length);
    if (!bytes) return false;
    struct reader reader = {bytes, length, false};
    setup->kind = (uint32_t)read_number(&reader, 4);
    setup->user = (uint32_t)read_number(&reader, 4);
    setup->scratch_bytes = read_number(&reader, 8);
    setup->paths = read_strings(&reader, 2);
    setup->arguments = read_strings(&reader, 1);
    setup->environment = read_strings(&reader, 1);
    return !reader.bad;
}

/// Hands the scratch directories to the supervisor, which empties them after every run.
static int show_scratch(int socket) {
    int fds[2] = {open("/w", O_RDONLY | O_DIRECTORY | O_CLOEXEC), open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    union { struct cmsghdr header; char room[CMSG_SPACE(sizeof fds)]; } control = {0};
    char word = 's';
    struct iovec part = {&word, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), fds, sizeof fds);
    bool sent = fds[0] >= 0 && fds[1] >= 0 && sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
    close(fds[0]);
    close(fds[1]);
    return sent ? 0 : -1;
}

static bool adopt_scratch(struct slot *slot) {
    int fds[2];
    union { struct cmsghdr header; char room[CMSG_SPACE(sizeof fds)]; } control = {0};
    char word = 0;
    struct iovec part = {&word, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(slot->control, &message, MSG_CMSG_CLOEXEC) != 1 || word != 's' ||
        control.header.cmsg_type != SCM_RIGHTS || control.header.cmsg_len != CMSG_LEN(sizeof fds))
        return false;
    memcpy(fds, CMSG_DATA(&control.header), sizeof fds);
    return scratch_adopt(&slot->scratch[0], fds[0]) && scratch_adopt(&slot->scratch[1], fds[1]);
}

/// The life of pid 1 up to the point where it serves.
static _Noreturn void live(struct slot *slot, const char *base, int go, int told) {
    char ready;
    if (read(go, &ready, 1) != 1) _exit(1);
    int result = walls_raise(&slot->setup, slot->user_namespace, base, slot->report, sizeof slot->report, slot->error,
                             sizeof slot->error);
    if (result == 0 && (result = show_scratch(slot->control)) < 0)
        snprintf(slot->error, sizeof slot->error, "cannot hand over the scratch directories: %s", strerror(errno));
    const char *text = result < 0 ? slot->error : slot->report;
    char first = result < 0 ? '-' : '+';
    if (write(told, &first, 1) != 1 || write(told, text, strlen(text)) < 0 || result < 0) _exit(1);
    if (slot->setup.kind == 0) {
        dup2(slot->control, CONTROL_FD);
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        close_range(3, ~0u, 0);
        csandbox_init(ready == 'm');
    }
    // An interpreter installs a handler for this one unless it is ignored, and pid 1 is deaf only to what it does not
    // handle.
    signal(SIGINT, SIG_IGN);
    // First out of the way of the numbers they get.
    int given[] = {slot->control, -1, -1, slot->streams[0], slot->body, slot->streams[1], slot->streams[2],
                   slot->streams[3]};
    int count = sizeof given / sizeof *given;
    for (int i = 0; i < count; i++)
        given[i] = given[i] < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : given[i];
    for (int i = 0; i < count; i++) given[i] = fcntl(given[i], F_DUPFD_CLOEXEC, 64);
    for (int i = 0; i < count; i++) dup2(given[i], i);
    close_range((unsigned)count, ~0u, 0);
    execve(slot->setup.arguments[0], slot->setup.arguments, slot->setup.environment);
    _exit(1);
}

static int put_file(pid_t process, const char *name, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)process, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t n = write(fd, text, strlen(text));
    close(fd);
    return n < 0 ? -1 : 0;
}

/// Root keeps itself mapped while it builds the root, and becomes the slot's user after it.
static int map_users(pid_t process, uint32_t user) {
    char users[96], groups[96];
    if (geteuid() == 0) {
        snprintf(users, sizeof users, "0 0 1\n%u %u 1\n", user, user);
        snprintf(groups, sizeof groups, "0 0 1\n%u %u 1\n", user, user);
    } else {
        snprintf(users, sizeof users, "%u %u 1\n", user, (unsigned)geteuid());
        snprintf(groups, sizeof groups, "%u %u 1\n", user, (unsigned)getegid());
        put_file(process, "setgroups", "deny");
    }
    return put_file(process, "uid_map", users) < 0 || put_file(process, "gid_map", groups) < 0 ? -1 : 0;
}

static pid_t fork_into_namespaces(bool user_namespace) {
    unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;
    if (user_namespace) flags |= CLONE_NEWUSER;
    return (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
}

/// Ends pid 1, and with it everything in the slot.
static void tear_down(struct slot *slot) {
    groups_kill(&slot->groups);
    if (slot->init > 0) csandbox_reap(slot->init, 0);
    groups_remove(&slot->groups);
    for (int i = 0; i < 2; i++)
        if (slot->scratch[i].fd > 0) close(slot->scratch[i].fd);
    close(slot->control);
    close(slot->body);
    for (int i = 0; i < STREAMS; i++) close(slot->streams[i]);
    slot->init = 0;
    slot->scratch[0].fd = slot->scratch[1].fd = 0;
}

/// Makes pid 1 and raises the walls; false with `slot->error`.
static bool build_once(struct slot *slot, bool user_namespace) {
    int control[2], body[2], stream[STREAMS][2], go[2], told[2];
    char base[64];
    snprintf(base, sizeof base, "/tmp/.ppocoder-slot-%d", (int)getpid());
    slot->user_namespace = user_namespace;
    *slot->report = *slot->error = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, body) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream[0]) < 0 || pipe2(stream[1], O_CLOEXEC) < 0 ||
        pipe2(stream[2], O_CLOEXEC) < 0 || pipe2(stream[3], O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0 ||
        pipe2(told, O_CLOEXEC) < 0) {
        snprintf(slot->error, sizeof slot->error, "cannot make pipes: %s", strerror(errno));
        return false;
    }
    slot->control = control[1];
    slot->body = body[1];
    for (int i = 0; i < STREAMS; i++) slot->streams[i] = stream[i][1];
    slot->init = fork_into_namespaces(user_namespace);
    if (slot->init == 0) {
        close(control[0]);
        close(body[0]);
        for (int i = 0; i < STREAMS; i++) close(stream[i][0]);
        close(go[1]);
        close(told[0]);
        live(slot, base, go[0], told[1]);
    }
    int code = errno;
    close(control[1]);
    close(body[1]);
    for (int i = 0; i < STREAMS; i++) close(stream[i][1]);
    close(go[0]);
    close(told[1]);
    slot->control = control[0];
    slot->body = body[0];
    for (int i = 0; i < STREAMS; i++) slot->streams[i] = stream[i][0];
    bool built = false;
    if (slot->init < 0)
        snprintf(slot->error, sizeof slot->error, "%s namespaces are refused: %s",
                 user_namespace ? "user" : "mount, pid", strerror(code));
    else if (user_namespace && map_users(slot->init, slot->setup.user) < 0)
        snprintf(slot->error, sizeof slot->error, "cannot map users into a user namespace: %s", strerror(errno));
    else {
        groups_make(&slot->groups, slot->init);
        char text[sizeof slot->report], first = 0;
        size_t count = 0;
        if (write(go[1], slot->groups.version ? "m" : "-", 1) == 1 && csandbox_read(told[0], &first, 1, 30000) == 0)
            for (ssize_t n; count < sizeof text - 1 && (n = read(told[0], text + count, sizeof text - 1 - count)) > 0;)
                count += (size_t)n;
        text[count] = 0;
        built = first == '+' && adopt_scratch(slot);
        snprintf(built ? slot->report : slot->error, built ? sizeof slot->report : sizeof slot->error, "%s",
                 first ? text : "the slot ended while its walls were being built");
    }
    close(go[1]);
    close(told[0]);
    rmdir(base);
    if (!built) tear_down(slot);
    return built;
}

static bool build(struct slot *slot) {
    if (build_once(slot, true)) return true;
    char reason[sizeof slot->error];
    snprintf(reason, sizeof reason, "%s", slot->error);
    if (geteuid() == 0 && build_once(slot, false)) {
        char kept[sizeof slot->report];
        snprintf(kept, sizeof kept, "%s", slot->report);
        snprintf(slot->report, sizeof slot->report, "user namespace: none (%.200s)\n%.1500s", reason, kept);
        return true;
    }
    if (geteuid() == 0) {
        char second[sizeof slot->error];
        snprintf(second, sizeof second, "%s", slot->error);
        snprintf(slot->error, sizeof slot->error, "with a user namespace: %.200s; without: %.200s", reason, second);
    } else {
        snprintf(slot->error, sizeof slot->error,
                 "%.300s (allow unprivileged user namespaces, or run as root with CAP_SYS_ADMIN)", reason);
    }
    return false;
}

/// Waits for the word of a zygote that it is warm. Pid 1 of the other kind is ready at once.
static bool is_warm(struct slot *slot) {
    uint32_t length;
    uint8_t word[64];
    if (slot->setup.kind == 0) return true;
    if (csandbox_read(slot->control, &length, 4, 60000) == 0 && length <= sizeof word &&
        csandbox_read(slot->control, word, length, 60000) == 0)
        return true;
    snprintf(slot->error, sizeof slot->error, "%s did not start in the slot", slot->setup.arguments[0]);
    return false;
}

static bool greet(struct slot *slot, bool built) {
    struct buffer hello = {0};
    char text[4096], groups[512];
    put_number(&hello, 0, 4);
    put_number(&hello, built, 1);
    if (built)
        snprintf(text, sizeof text, "namespaces: %smount, pid, network, ipc, uts\nfact: user-namespace=%d\n%s\n%s",
                 slot->user_namespace ? "user, " : "", slot->user_namespace, slot->report,
                 groups_describe(&slot->groups, groups, sizeof groups));
    else snprintf(text, sizeof text, "%s", slot->error);
    buffer_append(&hello, text, strlen(text));
    return reply(&hello) == 0 && built;
}

/// After a run: everything is as before it, or the slot is not used again.
static bool is_clean(struct slot *slot) {
    return groups_alone(&slot->groups) && scratch_reset(&slot->scratch[0]) && scratch_reset(&slot->scratch[1]);
}

/// A new slot in the place of one that was spoilt, so that the runner notices nothing but the time it takes.
static bool renew(struct slot *slot) { return build(slot) && is_warm(slot); }

/// In the name of pid 1: wait status "killed", and nothing else to say (both kinds of pid 1 begin their answer so).
static void answer_for_killed(struct run *run) {
    static const uint8_t answer[4 + 33] = {33, 0, 0, 0, SIGKILL};
    run->flags &= (uint8_t)~DEAD;
    buffer_clear(&run->reply);
    buffer_append(&run->reply, answer, sizeof answer);
}

/// Serves one request; false when the supervisor has to end.
static bool serve(struct slot *slot, const uint8_t *bytes, uint32_t length) {
    static struct run run;
    static struct buffer message;
    struct reader reader = {bytes, length, false};
    uint64_t memory = read_number(&reader, 8), processes = read_number(&reader, 4);
    run_begin(&run);
    run.cpu_limit = read_number(&reader, 8);
    run.wall_limit = read_number(&reader, 8);
    run.output_limit = read_number(&reader, 8);
    run.head.bytes = read_bytes(&reader, &run.head.count);
    run.body.bytes = read_bytes(&reader, &run.body.count);
    run.secret.bytes = read_bytes(&reader, &run.secret.count);
    if (reader.bad) return false;
    uint64_t begin = now_us(), cpu_before, cpu, peak, killed_before, killed;
    groups_read(&slot->groups, &cpu_before, NULL, &killed_before);
    if (groups_limit(&slot->groups, memory, processes) == 0) run_follow(slot, &run, cpu_before);
    else run.flags |= errno == EBUSY ? KERNEL_KILL | DEAD : DEAD;
    groups_read(&slot->groups, &cpu, &peak, &killed);
    if (killed > killed_before) run.flags |= KERNEL_KILL;
    // When the kernel's choice fell on pid 1, or the program may have less than pid 1 holds, what became of it is known.
    bool spoilt = (run.flags & DEAD) && (run.flags & KERNEL_KILL) && slot->groups.version;
    if (spoilt) answer_for_killed(&run);
    else if (!(run.flags & DEAD)) spoilt = !is_clean(slot);
    const uint64_t measured = slot->groups.version ? peak : 0;
    // Before the reply: nothing of a run is alive when its verdict is known.
    if (spoilt) tear_down(slot);
    buffer_clear(&message);
    put_number(&message, 0, 4);
    put_number(&message, run.flags, 1);
    put_number(&message, cpu - cpu_before, 8);
    put_number(&message, measured, 8);
    put_number(&message, now_us() - begin, 8);
    size_t skip = run.reply.count < 4 ? run.reply.count : 4;
    put_bytes(&message, run.reply.bytes + skip, run.reply.count - skip);
    for (int i = 0; i < STREAMS; i++) put_bytes(&message, run.streams[i].bytes, run.streams[i].count);
    if (reply(&message) < 0 || (run.flags & DEAD)) return false;
    return !spoilt || renew(slot);
}

static struct slot slot;

/// However the supervisor leaves, its slot ends with it (pid 1 also has a parent-death signal, for SIGKILL).
static void end_slot(void) {
    if (slot.init > 0) tear_down(&slot);
}

int csandbox_supervise(void) {
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_NAME, "ppocoder-slot", 0, 0, 0);
    if (!read_setup(&slot.setup)) return 2;
    atexit(end_slot);
    bool built = build(&slot) && is_warm(&slot);
    if (!greet(&slot, built)) return 1;
    for (;;) {
        uint32_t length;
        const uint8_t *bytes = receive(CLIENT_FD, &length);
        if (!bytes) return 0;
        if (!serve(&slot, bytes, length)) return 1;
    }
}

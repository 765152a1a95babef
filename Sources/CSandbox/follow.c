// One run, seen from the host: feeding it, emptying it, and stopping it at its limits.
#include "internal.h"
#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STOP_GRACE_US = 5000000, RESULT_MAX = 32 << 20, LOOK_US = 20000 };
/// When what a run says is first looked at, the longest pause between two looks, and how much then makes us listen all
/// the time: a quarter of what a pipe holds.
enum { FIRST_SWEEP_US = 4000, SWEEP_PAUSE_US = 16000, TALKATIVE = 16 << 10 };

static uint64_t now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

void run_begin(struct run *run) {
    run->flags = 0;
    buffer_clear(&run->reply);
    for (int i = 0; i < STREAMS; i++) buffer_clear(&run->streams[i]);
}

/// Takes what has come, at most up to `most` bytes in all; sets OUTPUT_CUT when there is more. Never blocks: called
/// when `fd` is readable, and reads once.
static bool take(int fd, struct buffer *into, size_t most, uint8_t *flags) {
    static uint8_t chunk[1 << 18];
    ssize_t n = read(fd, chunk, sizeof chunk);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    size_t room = most > into->count ? most - into->count : 0;
    size_t kept = (size_t)n < room ? (size_t)n : room;
    buffer_append(into, chunk, kept);
    if (kept < (size_t)n) *flags |= OUTPUT_CUT;
    return n > 0;
}

static bool complete(const struct buffer *buffer) {
    uint32_t length;
    if (buffer->count < 4) return false;
    memcpy(&length, buffer->bytes, 4);
    return buffer->count >= length + 4ul;
}

/// Reads one readable stream; the limit on output is for standard output and standard error together.
static bool take_stream(struct slot *slot, struct run *run, int i) {
    size_t most = RESULT_MAX;
    if (i == 2) most = (size_t)run->output_limit - run->streams[3].count;
    if (i == 3) most = (size_t)run->output_limit - run->streams[2].count;
    return take(slot->streams[i], &run->streams[i], most, &run->flags);
}

/// Takes what has come over the streams, at most `rounds` times all of them. Returns whether that was much.
static bool sweep(struct slot *slot, struct run *run, int rounds) {
    size_t before = 0, after = 0;
    for (int i = 0; i < STREAMS; i++) before += run->streams[i].count;
    for (; rounds > 0; rounds--) {
        struct pollfd fds[STREAMS];
        for (int i = 0; i < STREAMS; i++) fds[i] = (struct pollfd){.fd = slot->streams[i], .events = POLLIN};
        bool any = false;
        if (poll(fds, STREAMS, 0) <= 0) break;
        for (int i = 0; i < STREAMS; i++) any |= (fds[i].revents & POLLIN) && take_stream(slot, run, i);
        if (!any) break;
    }
    for (int i = 0; i < STREAMS; i++) after += run->streams[i].count;
    return after - before >= TALKATIVE || (run->flags & OUTPUT_CUT);
}

/// Everything is dead now, so what is left in the streams is all there will be.
static void drain(struct slot *slot, struct run *run) {
    sweep(slot, run, INT_MAX);
    int body = 0, secret = 0;
    // Something unread would be read by the next run.
    if (ioctl(slot->body, SIOCOUTQ, &body) < 0 || body) run->flags |= DEAD;
    if (run->secret.count && (ioctl(slot->streams[0], SIOCOUTQ, &secret) < 0 || secret)) run->flags |= DEAD;
}

static size_t feed(int fd, struct bytes bytes, size_t sent) {
    if (sent == bytes.count) return sent;
    ssize_t n = send(fd, bytes.bytes + sent, bytes.count - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n > 0 ? sent + (size_t)n : sent;
}

/// Looks at the clocks; sets flags when a limit is reached. Returns when to look again.
static uint64_t look(struct slot *slot, struct run *run, uint64_t cpu_before, uint64_t now) {
    static long cores;
    if (!cores) cores = sysconf(_SC_NPROCESSORS_ONLN);
    bool sampled = slot->groups.version == 0;
    uint64_t cpu, peak = 0;
    groups_read(&slot->groups, &cpu, sampled ? &peak : NULL, NULL);
    uint64_t used = cpu > cpu_before ? cpu - cpu_before : 0;
    if (run->cpu_limit && used >= run->cpu_limit) run->flags |= CPU_LIMIT;
    if (sampled && slot->groups.memory_limit && peak > slot->groups.memory_limit) run->flags |= KERNEL_KILL;
    uint64_t pause = run->cpu_limit > used ? (run->cpu_limit - used) / (uint64_t)cores : 0;
    if (!run->cpu_limit || (sampled && pause > LOOK_US)) pause = LOOK_US;
    return now + (pause < 4000 ? 4000 : pause);
}

/// The length and the head: in one piece when it is small, so that pid 1 wakes once.
static bool give_head(struct slot *slot, struct run *run) {
    uint8_t small[256];
    uint32_t size = (uint32_t)run->head.count;
    if (size + 4 > sizeof small)
        return csandbox_write(slot->control, &size, 4, 10000) == 0 &&
               csandbox_write(slot->control, run->head.bytes, size, 10000) == 0;
    memcpy(small, &size, 4);
    memcpy(small + 4, run->head.bytes, size);
    return csandbox_write(slot->control, small, size + 4, 10000) == 0;
}

void run_follow(struct slot *slot, struct run *run, uint64_t cpu_before) {
    uint64_t begin = now_us(), stop_sent = 0;
    uint64_t next_look = begin + (slot->groups.version == 0 ? LOOK_US : run->cpu_limit / 8);
    bool zygote = slot->setup.kind == 1;
    // Before the head: who reads them then finds them there.
    size_t body_sent = feed(slot->body, run->body, 0), secret_sent = feed(slot->streams[0], run->secret, 0);
    if (!give_head(slot, run)) run->flags |= DEAD;
    // Most runs are over in no time and say little: what they say waits in the streams, and only the end wakes us.
    bool listens = body_sent < run->body.count || secret_sent < run->secret.count;
    uint64_t pause = FIRST_SWEEP_US, next_sweep = zygote ? begin + pause : UINT64_MAX;
    while (!(run->flags & DEAD) && !complete(&run->reply)) {
        uint64_t now = now_us(), until = begin + run->wall_limit;
        if (next_look < until) until = next_look;
        if (stop_sent) until = stop_sent + STOP_GRACE_US;
        if (!listens && next_sweep < until) until = next_sweep;
        struct pollfd fds[3 + STREAMS] = {{.fd = CLIENT_FD, .events = POLLIN},
                                          {.fd = slot->control, .events = POLLIN},
                                          {.fd = body_sent < run->body.count ? slot->body : -1, .events = POLLOUT}};
        for (int i = 0; i < STREAMS; i++)
            fds[3 + i] = (struct pollfd){.fd = zygote && listens ? slot->streams[i] : -1, .events = POLLIN};
        if (secret_sent < run->secret.count) fds[3].events |= POLLOUT;
        int ready = poll(fds, 3 + STREAMS, until > now ? (int)((until - now) / 1000 + 1) : 0);
        if (ready < 0 && errno != EINTR) run->flags |= DEAD;
        if (ready <= 0) memset(fds, 0, sizeof fds);
        if (fds[0].revents) exit(0); // the runner has gone, or speaks out of turn
        if (fds[2].revents) body_sent = feed(slot->body, run->body, body_sent);
        if (fds[3].revents & POLLOUT) secret_sent = feed(slot->streams[0], run->secret, secret_sent);
        for (int i = 0; i < STREAMS; i++)
            if ((fds[3 + i].revents & POLLIN) && !take_stream(slot, run, i)) run->flags |= DEAD;
        uint8_t ignored = 0;
        if (fds[1].revents && !take(slot->control, &run->reply, MESSAGE_MAX, &ignored)) run->flags |= DEAD;
        if (complete(&run->reply)) break;
        now = now_us();
        if (!listens && now >= next_sweep) {
            listens = sweep(slot, run, 4);
            pause = pause < SWEEP_PAUSE_US / 2 ? pause * 2 : SWEEP_PAUSE_US;
            next_sweep = now + pause;
        }
        if (stop_sent && now >= stop_sent + STOP_GRACE_US) run->flags |= DEAD;
        if (stop_sent) continue;
        if (now >= begin + run->wall_limit) run->flags |= WALL_LIMIT;
        if (now >= next_look) next_look = look(slot, run, cpu_before, now);
        if (!run->flags) continue;
        uint32_t stop = 0;
        if (csandbox_write(slot->control, &stop, 4, 1000) < 0) run->flags |= DEAD;
        stop_sent = now_us();
    }
    if (body_sent < run->body.count || secret_sent < run->secret.count) run->flags |= DEAD;
    if (zygote && !(run->flags & DEAD)) drain(slot, run);
}

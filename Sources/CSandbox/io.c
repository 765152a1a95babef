// Buffers, messages and starting processes.
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void buffer_reserve(struct buffer *buffer, size_t capacity) {
    if (capacity <= buffer->capacity) return;
    uint8_t *grown = realloc(buffer->bytes, capacity);
    if (!grown) abort();
    buffer->bytes = grown;
    buffer->capacity = capacity;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t count) {
    if (buffer->count + count > buffer->capacity) buffer_reserve(buffer, (buffer->count + count) * 2 + 256);
    if (count) memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
}

void buffer_clear(struct buffer *buffer) {
    // A large run must not leave its memory to the small ones after it.
    if (buffer->capacity > (4u << 20)) {
        free(buffer->bytes);
        *buffer = (struct buffer){0};
    }
    buffer->count = 0;
}

uint64_t read_number(struct reader *reader, int bytes) {
    if (reader->bad || reader->count < (size_t)bytes) {
        reader->bad = true;
        return 0;
    }
    uint64_t value = 0;
    memcpy(&value, reader->bytes, (size_t)bytes);
    reader->bytes += bytes;
    reader->count -= (size_t)bytes;
    return value;
}

const uint8_t *read_bytes(struct reader *reader, size_t *count) {
    size_t length = (size_t)read_number(reader, 4);
    *count = 0;
    if (reader->bad || reader->count < length) {
        reader->bad = true;
        return (const uint8_t *)"";
    }
    const uint8_t *bytes = reader->bytes;
    reader->bytes += length;
    reader->count -= length;
    *count = length;
    return bytes;
}

char *read_string(struct reader *reader) {
    size_t count;
    const uint8_t *bytes = read_bytes(reader, &count);
    char *text = malloc(count + 1);
    if (!text) abort();
    memcpy(text, bytes, count);
    text[count] = 0;
    return text;
}

void put_number(struct buffer *buffer, uint64_t value, int bytes) { buffer_append(buffer, &value, (size_t)bytes); }

void put_bytes(struct buffer *buffer, const void *bytes, size_t count) {
    put_number(buffer, count, 4);
    buffer_append(buffer, bytes, count);
}

static int wait_for(int fd, short events, int timeout_ms) {
    struct pollfd entry = {.fd = fd, .events = events};
    for (;;) {
        int ready = poll(&entry, 1, timeout_ms);
        if (ready > 0) return 0;
        if (ready == 0) errno = ETIMEDOUT;
        if (ready == 0 || errno != EINTR) return -1;
    }
}

int csandbox_read(int fd, void *bytes, size_t count, int timeout_ms) {
    for (size_t done = 0; done < count;) {
        if (timeout_ms >= 0 && wait_for(fd, POLLIN, timeout_ms) < 0) return -1;
        ssize_t got = read(fd, (char *)bytes + done, count - done);
        if (got > 0) done += (size_t)got;
        else if (got == 0) return errno = EPIPE, -1;
        else if (errno == EAGAIN && wait_for(fd, POLLIN, timeout_ms) < 0) return -1;
        else if (errno != EINTR && errno != EAGAIN) return -1;
    }
    return 0;
}

ssize_t csandbox_read_some(int fd, void *bytes, size_t room, int timeout_ms) {
    size_t done = 0;
    while (done < 4) {
        if (timeout_ms >= 0 && wait_for(fd, POLLIN, timeout_ms) < 0) return -1;
        ssize_t got = read(fd, (char *)bytes + done, room - done);
        if (got > 0) done += (size_t)got;
        else if (got == 0) return errno = EPIPE, -1;
        else if (errno != EINTR && errno != EAGAIN) return -1;
    }
    return (ssize_t)done;
}

int csandbox_write(int fd, const void *bytes, size_t count, int timeout_ms) {
    for (size_t done = 0; done < count;) {
        ssize_t put = send(fd, (const char *)bytes + done, count - done, MSG_NOSIGNAL);
        if (put >= 0) done += (size_t)put;
        else if (errno == EAGAIN && wait_for(fd, POLLOUT, timeout_ms) < 0) return -1;
        else if (errno != EINTR && errno != EAGAIN) return -1;
    }
    return 0;
}

pid_t csandbox_spawn(const char *helper, int *socket) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -1;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t signals, none;
    sigfillset(&signals);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, ends[1], 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    // A process group of its own: Ctrl-C is for the runner, which then ends its slots in order.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    char *arguments[] = {(char *)helper, NULL}, *environment[] = {NULL};
    pid_t process = -1;
    int failure = posix_spawn(&process, helper, &files, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (failure) close(ends[0]);
    else *socket = ends[0];
    errno = failure;
    return failure ? -1 : process;
}

void csandbox_reap(pid_t process, int patience_ms) {
    for (int waited = 0; waited < patience_ms; waited++) {
        pid_t ended = waitpid(process, NULL, WNOHANG);
        if (ended == process || (ended < 0 && errno == ECHILD)) return;
        usleep(1000);
    }
    kill(process, SIGKILL);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
    }
}

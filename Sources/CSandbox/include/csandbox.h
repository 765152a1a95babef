#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What a slot is, and who does what:
//
//   runner (Swift) ── socket ── supervisor (ppocoder-slot) ── socket ── init (pid 1 of the slot) ── programs
//
// The supervisor stays on the host: it sets limits, keeps the clock and kills. Init lives behind every wall, with no
// privilege left; it is either an interpreter that forks a child per program or `csandbox_init`, which executes one
// command at a time. A slot is made once and used for many programs, one after the other. Each process dies with its
// parent, so nothing outlives a runner that is killed.

/// Starts `helper` with one end of a socket as its standard input, nothing else open and an empty environment.
///
/// Returns the helper's process id and stores the other end in `socket`; -1 and errno on failure.
pid_t csandbox_spawn(const char *_Nonnull helper, int *_Nonnull socket);

/// Reads or writes exactly `count` bytes, waiting at most `timeout_ms` for each part (-1: for ever).
///
/// Returns 0, or -1 with errno (ETIMEDOUT, or EPIPE at the end of the stream).
int csandbox_read(int fd, void *_Nonnull bytes, size_t count, int timeout_ms);
int csandbox_write(int fd, const void *_Nonnull bytes, size_t count, int timeout_ms);

/// Reads at least 4 and at most `room` bytes of a stream: the beginning of a message, and what of the rest is there.
///
/// Returns their number, or -1 with errno as `csandbox_read`.
ssize_t csandbox_read_some(int fd, void *_Nonnull bytes, size_t room, int timeout_ms);

/// Waits for the end of the process, and kills it when that takes longer than `patience_ms`.
void csandbox_reap(pid_t process, int patience_ms);

/// The whole of `ppocoder-slot`: reads the set-up from standard input, builds the slot and serves requests until the
/// other end closes. Returns the exit status.
int csandbox_supervise(void);

// Landlock, the second wall where the kernel has it: what may be written, executed and connected to, whatever mounts say.
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's interface, versions 1 to 7; headers of Debian 12 know the first three.
// Source: Documentation/userspace-api/landlock.rst.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, ASK_VERSION = 1, PATH_BENEATH = 1 };
enum {
    EXECUTE = 1 << 0, WRITE_FILE = 1 << 1, READ_FILE = 1 << 2, READ_DIRECTORY = 1 << 3, MAKE_CHARACTER_DEVICE = 1 << 6,
    MAKE_BLOCK_DEVICE = 1 << 11, TRUNCATE = 1 << 14, DEVICE_CONTROL = 1 << 15,
    QUIET = 1 << 0 | 1 << 2, // refusals are the program's affair: none in the host's audit log
};

struct ruleset {
    uint64_t files, network, scopes;
};
struct beneath {
    uint64_t allowed;
    int32_t directory;
} __attribute__((packed));

static int allow(int ruleset, const char *path, uint64_t access) {
    struct beneath rule = {access, open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (rule.directory < 0) return 0; // what is not there needs no permission
    long result = syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0);
    close(rule.directory);
    return (int)result;
}

int landlock_raise(void) {
    long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
    if (version < 1) return 0;
    const uint64_t files = version >= 5 ? 0xffff : version >= 3 ? 0x7fff : version == 2 ? 0x3fff : 0x1fff;
    struct ruleset asked = {files, 0, 0};
    if (version >= 4) asked.network = 3; // binding and connecting TCP: no rule allows either
    if (version >= 6) asked.scopes = 3;  // abstract sockets and signals stay inside
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    int ruleset = (int)syscall(CREATE_RULESET, &asked, size, 0);
    if (ruleset < 0) return 0;
    const uint64_t scratch = files & ~(uint64_t)(MAKE_CHARACTER_DEVICE | MAKE_BLOCK_DEVICE | DEVICE_CONTROL);
    bool good = allow(ruleset, "/", EXECUTE | READ_FILE | READ_DIRECTORY) == 0 &&
                allow(ruleset, "/dev", files & (READ_FILE | WRITE_FILE | TRUNCATE | READ_DIRECTORY)) == 0 &&
                allow(ruleset, "/w", scratch) == 0 && allow(ruleset, "/tmp", scratch) == 0 &&
                syscall(RESTRICT_SELF, ruleset, version >= 7 ? QUIET : 0) == 0;
    close(ruleset);
    return good ? (int)version : 0;
}

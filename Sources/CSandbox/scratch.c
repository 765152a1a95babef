// The two writable directories of a slot, seen from the host: emptied and put back as they were after every run.
//
// The supervisor holds them open, so neither a path nor anything in the slot is needed, and what a program made of them
// (a tree as deep as there are inodes, directories without permissions) costs at most a few thousand system calls.
#include "internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static uint64_t inodes_used(const struct statfs *status) { return (uint64_t)(status->f_files - status->f_ffree); }

static bool is_empty(const struct scratch *scratch) {
    struct statfs now;
    return fstatfs(scratch->fd, &now) == 0 && inodes_used(&now) == scratch->inodes && now.f_blocks == now.f_bfree;
}

bool scratch_adopt(struct scratch *scratch, int fd) {
    struct statfs now;
    struct stat status;
    scratch->fd = fd;
    if (fstatfs(fd, &now) < 0 || fstat(fd, &status) < 0) return false;
    scratch->inodes = inodes_used(&now);
    scratch->mode = status.st_mode & 07777;
    scratch->changed = status.st_mtim;
    return true;
}

/// Permissions, time and attributes of the directory itself: they would tell the next program something.
static void restore(const struct scratch *scratch) {
    struct stat status;
    if (fstat(scratch->fd, &status) < 0) return;
    if ((status.st_mode & 07777) != scratch->mode) fchmod(scratch->fd, scratch->mode);
    char names[4096];
    ssize_t count = flistxattr(scratch->fd, names, sizeof names);
    for (ssize_t at = 0; at < count; at += (ssize_t)strlen(names + at) + 1)
        if (strncmp(names + at, "security.", 9)) fremovexattr(scratch->fd, names + at);
    struct timespec times[2] = {scratch->changed, scratch->changed};
    if (status.st_mtim.tv_sec != times[1].tv_sec || status.st_mtim.tv_nsec != times[1].tv_nsec ||
        status.st_atim.tv_sec != times[0].tv_sec || status.st_atim.tv_nsec != times[0].tv_nsec)
        futimens(scratch->fd, times);
}

struct entry { // struct linux_dirent64
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

/// Directories on their way out; they bear their numbers as names, directly below `top`.
struct removal {
    int top;
    unsigned first, next;
};

static int remove_directory(int parent, const char *name, struct removal *removal) {
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0) return 0;
    char number[32];
    for (int attempt = 0; attempt < 8192; attempt++) {
        // Moving a directory writes its "..", for which its owner needs permission on it.
        snprintf(number, sizeof number, ".%u", removal->next++);
        if (renameat2(parent, name, removal->top, number, RENAME_NOREPLACE) == 0) return 0;
        if (errno == EACCES) fchmodat(parent, name, 0700, 0);
        else if (errno != EEXIST) return -1;
    }
    return -1;
}

/// Removes the files in `fd` and moves the directories in it up to the top, so that a tree of any shape is taken apart
/// without recursion, one directory open at a time. Closes `fd`.
static void take_apart(int fd, struct removal *removal) {
    static _Alignas(8) char chunk[32768];
    ssize_t n;
    // Some kernels list what is moved into a directory again, and again.
    while (removal->next < 65536 && (n = syscall(SYS_getdents64, fd, chunk, sizeof chunk)) > 0)
        for (ssize_t at = 0; at < n;) {
            const struct entry *entry = (const struct entry *)(chunk + at);
            at += entry->size;
            if (!strcmp(entry->name, ".") || !strcmp(entry->name, "..")) continue;
            if (entry->type == DT_DIR) remove_directory(fd, entry->name, removal);
            else unlinkat(fd, entry->name, 0);
        }
    close(fd);
}

static void empty(const struct scratch *scratch) {
    struct removal removal = {scratch->fd, 0, 0};
    fchmod(scratch->fd, 0700);
    int fd = openat(scratch->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) take_apart(fd, &removal);
    for (; removal.first != removal.next; removal.first++) {
        char number[32];
        snprintf(number, sizeof number, ".%u", removal.first);
        for (int attempt = 0; attempt < 2; attempt++) {
            fd = openat(scratch->fd, number, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (fd >= 0 || errno != EACCES) break;
            fchmodat(scratch->fd, number, 0700, 0);
        }
        if (fd >= 0) take_apart(fd, &removal);
        unlinkat(scratch->fd, number, AT_REMOVEDIR);
    }
}

bool scratch_reset(struct scratch *scratch) {
    for (int attempt = 0; !is_empty(scratch); attempt++) {
        if (attempt > 10) return false;
        if (attempt) usleep(1000);
        empty(scratch);
    }
    restore(scratch);
    return true;
}

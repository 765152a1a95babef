/// The library's source.
///
/// PHP and Ruby enter it by their own way to fork, Node, which has none, as an extension module.
let zygoteSource = zygoteCore + "\n\n" + zygoteNode

private let zygoteCore = #"""
    #define _GNU_SOURCE
    #include <dirent.h>
    #include <dlfcn.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <malloc.h>
    #include <poll.h>
    #include <pthread.h>
    #include <signal.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/prctl.h>
    #include <sys/resource.h>
    #include <sys/socket.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <sys/wait.h>
    #include <unistd.h>

    // The descriptors that the supervisor gives, but for CONTROL, which is moved away from where programs read their input,
    // and LINK, between the child with the program and the one with the tests.
    enum { CONTROL = 201, SECRET = 3, BODY = 4, RESULT = 5, OUTPUT = 6, ERROR = 7, LINK = 200 };
    enum { COMPILE = 0, CALL = 1, TEST = 2, STDIO = 3 };

    struct __attribute__((packed)) head {
        uint32_t mode;
        uint64_t space, file_size;
        uint32_t processes, cpu_seconds;
        uint64_t stack;
    };
    struct __attribute__((packed)) answer {
        uint32_t length, status;
        uint8_t spoilt;
        uint64_t cpu, peak;
    };

    static int armed, forked, is_node, is_python;

    // What the interpreter has open for itself: event loops, signals, wake-ups of its threads.
    static struct { int fd; ino_t file; } private_files[64];
    static int private_count;

    static int read_fully(int fd, void *bytes, size_t count) {
        for (size_t done = 0; done < count;) {
            ssize_t n = read(fd, (char *)bytes + done, count - done);
            if (n == 0 || (n < 0 && errno != EINTR)) return -1;
            if (n > 0) done += (size_t)n;
        }
        return 0;
    }

    static int write_fully(int fd, const void *bytes, size_t count) {
        for (size_t done = 0; done < count;) {
            ssize_t n = write(fd, (const char *)bytes + done, count - done);
            if (n < 0 && errno != EINTR) return -1;
            if (n > 0) done += (size_t)n;
        }
        return 0;
    }

    static void limit(int which, uint64_t value) {
        struct rlimit pair = {value, value};
        setrlimit(which, &pair);
    }

    static void confine(const struct head *head) {
        if (head->space) limit(RLIMIT_AS, head->space);
        limit(RLIMIT_FSIZE, head->file_size);
        limit(RLIMIT_NPROC, head->processes);
        limit(RLIMIT_CPU, head->cpu_seconds + 1);
        limit(RLIMIT_STACK, head->stack);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        setsid();
    }

    static void blocking(int fd) {
        int flags = fcntl(fd, F_GETFL);
        if (flags & O_NONBLOCK) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    }

    static void place(int fd, int at) {
        if (fd == at) return;
        dup2(fd, at);
        close(fd);
    }

    static void note_private_files(void) {
        for (int fd = 0; fd < 256; fd++) {
            struct stat status;
            if (fd < 3 || (fd >= SECRET && fd <= ERROR) || fd == CONTROL || fstat(fd, &status) < 0) continue;
            if (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode)) continue;
            if (private_count == 64) _exit(1);
            private_files[private_count].fd = fd;
            private_files[private_count++].file = status.st_ino;
        }
    }

    // A child shares them with the zygote, whose threads act on what comes through them: they become nothing here. What the
    // interpreter has already renewed is another file under an old number.
    static void part_from_zygote(void) {
        if (!private_count) return;
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int i = 0; i < private_count; i++) {
            struct stat status;
            if (fstat(private_files[i].fd, &status) < 0 || status.st_ino != private_files[i].file) continue;
            dup3(null, private_files[i].fd, O_CLOEXEC);
        }
        close(null);
    }

    // The program's message is moved into a file: the socket it came by belongs to the slot, not to the program.
    static void become_program(const struct head *head, const int pair[2]) {
        uint32_t size;
        part_from_zygote();
        close(CONTROL);
        close(SECRET);
        if (head->mode == TEST) close(pair[1]);
        if (read_fully(BODY, &size, 4) < 0) _exit(78);
        int store = memfd_create("program", MFD_CLOEXEC), input = memfd_create("stdin", 0);
        if (store < 0 || input < 0 || ftruncate(store, size) < 0) _exit(78);
        if (size) {
            void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, store, 0);
            if (bytes == MAP_FAILED || read_fully(BODY, bytes, size) < 0) _exit(78);
            munmap(bytes, size);
        }
        place(store, BODY);
        fcntl(BODY, F_SETFD, FD_CLOEXEC);
        // The pipes are shared with earlier programs, which may have changed their mode.
        blocking(RESULT);
        blocking(OUTPUT);
        blocking(ERROR);
        place(input, 0);
        dup2(OUTPUT, 1);
        dup2(head->mode == STDIO ? ERROR : OUTPUT, 2);
        close(OUTPUT);
        close(ERROR);
        if (head->mode == TEST) {
            place(pair[0], LINK);
            fcntl(LINK, F_SETFD, FD_CLOEXEC);
        }
        confine(head);
    }

    // Python reads its message itself, and makes standard input where there is any.
    static void become_python_program(const struct head *head, const int pair[2]) {
        int mode = (int)head->mode & 255;
        close(CONTROL);
        close(SECRET);
        if (mode == TEST) {
            close(pair[1]);
            place(pair[0], LINK);
            fcntl(LINK, F_SETFD, FD_CLOEXEC);
        }
        blocking(RESULT);
        blocking(OUTPUT);
        blocking(ERROR);
        if (mode != STDIO) dup2(OUTPUT, 2);
        close(OUTPUT);
        close(ERROR);
        confine(head);
    }

    static void become_tester(const struct head *head, const int pair[2]) {
        part_from_zygote();
        close(CONTROL);
        close(pair[0]);
        place(pair[1], LINK);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int fd = 0; fd < 3; fd++) dup2(null, fd);
        int gone[] = {BODY, RESULT, OUTPUT, ERROR, null};
        for (int i = 0; i < 5; i++) close(gone[i]);
        confine(head);
    }

    /// Waits for the child's end or the supervisor's word to stop.
    static void wait_for(pid_t child) {
        int watch = (int)syscall(SYS_pidfd_open, child, 0);
        struct pollfd fds[2] = {{.fd = watch, .events = POLLIN}, {.fd = CONTROL, .events = POLLIN}};
        while (poll(fds, 2, -1) < 0 && errno == EINTR) {
        }
        close(watch);
        uint32_t stop;
        if (fds[1].revents && !fds[0].revents && read_fully(CONTROL, &stop, 4) < 0) _exit(0);
    }

    static void finish(pid_t program) {
        struct answer answer = {.length = sizeof answer - 4};
        struct rusage usage;
        int status;
        kill(-1, SIGKILL);
        for (pid_t dead; (dead = wait4(-1, &status, 0, &usage)) > 0 || errno == EINTR;) {
            if (dead <= 0) continue;
            answer.cpu += (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                          (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
            if ((uint64_t)usage.ru_maxrss * 1024 > answer.peak) answer.peak = (uint64_t)usage.ru_maxrss * 1024;
            if (dead == program) answer.status = (uint32_t)status;
        }
        // The supervisor empties /w and /tmp when it has this.
        if (write_fully(CONTROL, &answer, sizeof answer) < 0) _exit(0);
    }

    /// Threads do not live on in a forked child, so none may be at work, holding a lock, when the first is forked.
    static void settle(void) {
        for (int quiet = 0, rounds = 0; quiet < 3 && rounds < 500; rounds++) {
            int busy = 0;
            DIR *list = opendir("/proc/self/task");
            for (struct dirent *entry; list && (entry = readdir(list));) {
                char path[300], text[512];
                if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid()) continue;
                snprintf(path, sizeof path, "/proc/self/task/%s/stat", entry->d_name);
                int fd = open(path, O_RDONLY | O_CLOEXEC);
                ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
                if (fd >= 0) close(fd);
                text[n > 0 ? n : 0] = 0;
                char *end = strrchr(text, ')');
                if (end && end[2] != 'S') busy = 1;
            }
            if (list) closedir(list);
            quiet = busy ? 0 : quiet + 1;
            usleep(2000);
        }
    }

    enum { HUGE = 2 << 20 };

    /// Moves code and constants into huge pages, so that a child does not fault them in one by one.
    static void move_code(uintptr_t low, uintptr_t high) {
        low = (low + HUGE - 1) / HUGE * HUGE;
        high = high / HUGE * HUGE;
        if (high <= low) return;
        size_t count = high - low;
        void *room = mmap(NULL, count + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (room == MAP_FAILED) return;
        void *place = (void *)(((uintptr_t)room + HUGE - 1) / HUGE * HUGE);
        if (syscall(SYS_madvise, place, count, MADV_HUGEPAGE) < 0) return;
        memcpy(place, (void *)low, count);
        if (mprotect(place, count, PROT_READ | PROT_EXEC) == 0)
            mremap(place, count, count, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)low);
    }

    /// A fork copies an entry for each page that the zygote has written to, and a child gives each back at its end. In huge
    /// pages that is one entry for 512. Where the kernel refuses, all stays as it is.
    static void gather_in_huge_pages(void) {
        char line[512], name[256];
        struct { uintptr_t low, high; } written[256], code = {0, 0};
        int count = 0;
        // The last huge page of the heap is filled up.
        uintptr_t heap = ((uintptr_t)sbrk(0) + HUGE - 1) / HUGE * HUGE;
        if (is_python) free(malloc(HUGE + HUGE / 2));
        FILE *maps = fopen("/proc/self/maps", "re");
        while (maps && fgets(line, sizeof line, maps)) {
            unsigned long low, high;
            char rights[8];
            *name = 0;
            if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255[^\n]", &low, &high, rights, name) < 3) continue;
            if (is_python && strstr(name, "/bin/python") && rights[1] == '-' && (!code.low || low == code.high)) {
                if (!code.low) code.low = low;
                code.high = high;
            }
            const int is_heap = !strcmp(name, "[heap]");
            if (is_heap && high > heap) high = heap;
            if (rights[0] == 'r' && rights[1] == 'w' && rights[3] == 'p' && (!*name || is_heap) && count < 256) {
                written[count].low = low;
                written[count++].high = high;
            }
        }
        if (maps) fclose(maps);
        if (code.low) move_code(code.low, code.high);
        for (int i = 0; i < count; i++) {
            uintptr_t low = (written[i].low + HUGE - 1) / HUGE * HUGE, high = written[i].high / HUGE * HUGE;
            if (high <= low || !is_python) continue;
            if (syscall(SYS_madvise, low, high - low, MADV_HUGEPAGE) == 0) syscall(SYS_madvise, low, high - low, 25); // COLLAPSE
        }
    }

    /// Reads the next request, which is nearly always there as a whole.
    static void next_request(struct head *head) {
        struct __attribute__((packed)) { uint32_t length; struct head head; } request;
        for (size_t have = 0; have < sizeof request;) {
            ssize_t n = read(CONTROL, (char *)&request + have, sizeof request - have);
            if (n == 0 || (n < 0 && errno != EINTR)) _exit(0);
            if (n > 0) have += (size_t)n;
            while (have >= 4 && request.length == 0) { // a stop that came after the end
                have -= 4;
                memmove(&request, (char *)&request + 4, have);
            }
            if (have >= 4 && request.length != sizeof *head) _exit(0);
        }
        *head = request.head;
    }

    /// Serves the supervisor. Returns only in a child: the mode, or -1 in the one that runs tests.
    static int serve(void) {
        pid_t (*real_fork)(void) = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");
        armed = 0;
        settle();
        note_private_files();
        limit(RLIMIT_NOFILE, 256);
        limit(RLIMIT_CORE, 0);
        limit(RLIMIT_MEMLOCK, 0);
        gather_in_huge_pages();
        if (write_fully(CONTROL, "\4\0\0\0warm", 8) < 0) _exit(0);
        for (;;) {
            struct head head;
            int pair[2] = {-1, -1};
            next_request(&head);
            const int tests = (head.mode & 255) == TEST;
            if (tests && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) _exit(1);
            pid_t program = real_fork(), main = program;
            if (program < 0) _exit(1);
            if (program == 0) {
                forked = 1;
                if (is_python) become_python_program(&head, pair);
                else become_program(&head, pair);
                return (int)head.mode;
            }
            if (tests) {
                main = real_fork();
                if (main < 0) _exit(1);
                if (main == 0) {
                    forked = 1;
                    become_tester(&head, pair);
                    return -1;
                }
                close(pair[0]);
                close(pair[1]);
            }
            wait_for(main);
            finish(program);
        }
    }

    // Python's objects lie in arenas of 1 MiB, what is larger in the heap. Both are given whole huge pages here.
    enum { ARENA = 1 << 20 };
    static char *arenas, *arenas_end;

    static void align_heap(void) {
        uintptr_t end = (uintptr_t)sbrk(0);
        if (end % HUGE) sbrk((intptr_t)(HUGE - end % HUGE));
        // Blocks of up to 4 MiB in the heap too, and fewer calls to make it larger or smaller.
        mallopt(M_MMAP_THRESHOLD, 2 * HUGE);
        mallopt(M_TRIM_THRESHOLD, 4 * HUGE);
        mallopt(M_TOP_PAD, HUGE / 2);
    }

    void *mmap(void *at, size_t size, int rights, int flags, int fd, off_t offset) {
        if (is_python && armed && !at && size == ARENA && (flags & MAP_ANONYMOUS)) {
            if (arenas == arenas_end) {
                char *room = (char *)syscall(SYS_mmap, NULL, 2 * (size_t)HUGE, rights, flags, -1, 0);
                if (room != MAP_FAILED) {
                    arenas = (char *)(((uintptr_t)room + HUGE - 1) / HUGE * HUGE);
                    arenas_end = arenas + HUGE;
                    if (arenas > room) munmap(room, (size_t)(arenas - room));
                    if (room + 2 * HUGE > arenas_end) munmap(arenas_end, (size_t)(room + 2 * HUGE - arenas_end));
                }
            }
            if (arenas < arenas_end) return arenas += ARENA, arenas - ARENA;
        }
        return (void *)syscall(SYS_mmap, at, size, rights, flags, fd, offset);
    }
    void *mmap64(void *at, size_t size, int rights, int flags, int fd, off_t offset) {
        return mmap(at, size, rights, flags, fd, offset);
    }

    // Python has no better call to enter by: os.fork does much that a child of one thread can do without.
    pid_t getppid(void) { return armed && is_python ? serve() : (pid_t)syscall(SYS_getppid); }

    __attribute__((constructor)) static void begin(void) {
        // Commands that a program starts have other walls to mind than this.
        unsetenv("LD_PRELOAD");
        if (getpid() != 1) return;
        is_python = getenv("ZYGOTE") != NULL;
        if (is_python) align_heap();
        armed = 1;
        // Children of the same user must not be able to open this process's memory or descriptors, nor each other's.
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        // As the children will have them, so that what interpreters build on top may be built once.
        dup3(0, CONTROL, O_CLOEXEC);
        place(is_python ? open("/dev/null", O_RDONLY) : memfd_create("stdin", 0), 0);
        dup2(OUTPUT, 1);
        dup2(ERROR, 2);
        if (chdir("/w") < 0) _exit(1);
    }

    pid_t fork(void) {
        if (!armed) return ((pid_t (*)(void))dlsym(RTLD_NEXT, "fork"))();
        char text[16];
        snprintf(text, sizeof text, "%d", serve());
        setenv("ZYGOTE_ROLE", text, 1);
        return 0;
    }

    // V8 asks that its code pages be left out of forked children.
    int madvise(void *address, size_t size, int advice) {
        return advice == MADV_DONTFORK ? 0 : (int)syscall(SYS_madvise, address, size, advice);
    }
    """#

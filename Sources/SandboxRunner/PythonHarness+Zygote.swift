/// Part four of the Python harness: pid 1 of a Python slot, which forks the other two.
let pythonZygote = #"""


    BALLAST = []


    def fill_gaps():
        """Takes up the free blocks among live objects, so that what a child allocates lies together on fresh pages.

        Every page that a child writes to is copied, and that is most of what a short run costs.
        """
        report, errors = os.memfd_create('report'), os.dup(2)
        os.dup2(report, 2)
        sys._debugmallocstats()
        os.dup2(errors, 2)
        text = os.pread(report, os.lseek(report, 0, os.SEEK_CUR), 0).decode()
        os.close(report)
        os.close(errors)
        for line in text.splitlines():
            row = line.split()
            if len(row) != 5 or not all(item.isdigit() for item in row):
                continue
            size, free = int(row[1]), int(row[4])
            if size == 16:
                BALLAST.extend([object() for _ in range(free)])
            elif size == 32:
                BALLAST.extend([complex(number, 1) for number in range(free)])
            else:
                # A bytes object of n bytes is one block of n + 33.
                BALLAST.extend([bytes(size - 33) for _ in range(free)])


    def use_huge_pages_for_code(ctypes, library):
        """Moves the interpreter's code and constants into huge pages, which a child does not fault in one by one.

        Where that is refused, or the interpreter is not loaded at a fixed place, all stays as it is.
        """
        huge, size = 2 << 20, ctypes.c_size_t
        low = high = None
        name = '/' + os.path.basename(os.readlink('/proc/self/exe'))
        with open('/proc/self/maps') as maps:
            for line in maps:
                row = line.split()
                if len(row) > 5 and row[5].endswith(name) and row[1] in ('r--p', 'r-xp'):
                    start, end = (int(part, 16) for part in row[0].split('-'))
                    if high is not None and start != high:
                        break
                    low, high = start if low is None else low, end
        if low is None:
            return
        low, high = -(-low // huge) * huge, high // huge * huge
        count = high - low
        if count <= 0:
            return
        library.mmap.restype = library.mremap.restype = size
        library.mmap.argtypes = [size, size, ctypes.c_int, ctypes.c_int, ctypes.c_int, size]
        library.mremap.argtypes = [size, size, size, ctypes.c_int, size]
        library.madvise.argtypes = [size, size, ctypes.c_int]
        library.mprotect.argtypes = [size, size, ctypes.c_int]
        # Readable and writable, private and anonymous; MADV_HUGEPAGE; readable and executable; MAYMOVE and FIXED.
        place = library.mmap(0, count + huge, 3, 0x22, -1, 0)
        if place == size(-1).value:
            return
        place = -(-place // huge) * huge
        if library.madvise(place, count, 14) != 0:
            return
        ctypes.memmove(place, low, count)
        if library.mprotect(place, count, 5) == 0:
            library.mremap(place, count, count, 3, low)


    def child_of(role, head, pair):
        """The life of one child, after the fork. Each closes what is not its own before it looks at anything."""
        global COVERAGE
        try:
            os.close(CONTROL)
            if role == 'tester':
                for fd in (BODY, RESULT, OUTPUT, ERROR, pair[0]):
                    os.close(fd)
                confine(head)
                # The tester's own limits are the program's; what it needs beyond them is small.
                run_tests(pair[1], read_message(SECRET))
                os._exit(0)
            mode, COVERAGE = head[0] & 255, head[0] > 255
            if mode == 2:
                os.close(SECRET)
                os.close(pair[1])
            source, extra = marshal.loads(read_message(BODY))
            os.close(BODY)
            confine(head)
            os.open('/dev/null', os.O_RDONLY)
            if mode == 3:
                open_streams(ERROR)
                run_program(source, extra)
            open_streams(OUTPUT)
            if mode == 2:
                run_server(pair[0], source)
            else:
                os.close(SECRET)
                if mode == 0:
                    load(source, None)
                else:
                    run_calls(source, extra, only_exact if mode == 4 else only_plain)
            os._exit(0)
        except MemoryError:
            os._exit(77)
        except BaseException:
            os._exit(78)


    def wait_for(child):
        """Waits for the child's end or the supervisor's word to stop."""
        watch = os.pidfd_open(child)
        poll = select.poll()
        poll.register(watch, select.POLLIN)
        poll.register(CONTROL, select.POLLIN)
        ready = [fd for fd, _ in poll.poll()]
        os.close(watch)
        if CONTROL in ready and watch not in ready:
            read_exactly(CONTROL, 4)


    def serve(head):
        pair = (-1, -1)
        has_tester = head[0] & 255 == 2
        if has_tester:
            ends = socket.socketpair()
            pair = (ends[0].detach(), ends[1].detach())
        main = program = fork()
        if program == 0:
            child_of('program', head, pair)
        if has_tester:
            main = fork()
            if main == 0:
                child_of('tester', head, pair)
            os.close(pair[0])
            os.close(pair[1])
        wait_for(main)
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass
        status = cpu = peak = 0
        while True:
            try:
                dead, code, usage = os.wait4(-1, 0)
            except ChildProcessError:
                break
            cpu += int((usage.ru_utime + usage.ru_stime) * 1e6)
            peak = max(peak, usage.ru_maxrss * 1024)
            if dead == program:
                status = code
        # The supervisor empties /w and /tmp when it has this.
        write_message(CONTROL, struct.pack('<IBQQ', status & 0xffffffff, 0, cpu, peak))


    def zygote():
        global fork
        # Children of the same user must not be able to open this process's memory or descriptors, nor each other's.
        ctypes = __import__('ctypes')
        library = ctypes.PyDLL(None)
        library.prctl(4, 0, 0, 0, 0)
        # os.fork would reseed, replace locks and walk thread lists in every child, each on a page of its own: there is
        # one thread here, and the seed is the same for all.
        fork = library.fork
        use_huge_pages_for_code(ctypes, library)
        for name in [name for name in sys.modules if 'ctypes' in name]:
            del sys.modules[name]
        del ctypes, library
        # The same for every program; the others come with each.
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
        os.environ.clear()
        os.chdir('/w')
        quitter = _sitebuiltins.Quitter
        builtins.exit, builtins.quit = quitter('exit', 'Ctrl-D'), quitter('quit', 'Ctrl-D')
        warnings.simplefilter('ignore')
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ['program.py']
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, 'w', closefd=False)), 'utf-8', 'surrogateescape')
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, 'w', closefd=False)), 'utf-8', 'backslashreplace',
                                      line_buffering=True)
        # What is built on first use is built here, once.
        warm = {}
        source = 'from typing import *\nclass A: pass\ndef f(x: List[int]) -> int:\n    assert x\n    return [y for y in x]'
        exec(compile(source, '<warm>', 'exec'), warm)
        try:
            warm['f']([])
        except AssertionError as error:
            describe(error)
        del warm
        random.seed(0)
        gc.collect()
        fill_gaps()
        gc.freeze()
        write_message(CONTROL, b'warm')
        while True:
            try:
                message = read_message(CONTROL)
            except EOFError:
                os._exit(0)
            if message:
                serve(struct.unpack('<IQQIIQ', message))


    zygote()
    """#

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


    def child_of(role):
        """The life of one child, after the fork. The library has closed what is not its own, and set its limits."""
        global COVERAGE, MAY_RETURN
        try:
            if role < 0:
                # The tester's own limits are the program's; what it needs beyond them is small.
                run_tests(LINK, read_message(SECRET))
                os._exit(0)
            mode, COVERAGE, MAY_RETURN = role & 255, role & 256, role & 512
            source, extra = marshal.loads(read_message(BODY))
            os.close(BODY)
            if mode == 3:
                run_program(source, extra)
            elif mode == 2:
                run_server(LINK, source)
            elif mode == 0:
                load(source, None)
            else:
                run_calls(source, extra, only_exact if mode == 4 else only_plain)
            os._exit(0)
        except MemoryError:
            os._exit(77)
        except BaseException:
            os._exit(78)


    def rehearse(source):
        """Does what a child does, until the code of it has settled: each of its pages that changes would be copied."""
        global RESULT
        real, RESULT = RESULT, os.memfd_create('rehearsal')
        call = ('f', ([1, 2],))
        for _ in range(20):
            write_message(RESULT, marshal.dumps((source, [call, call, ('f', ([],)), ('g', ())]), 2))
            os.lseek(RESULT, 0, os.SEEK_SET)
            run_calls(*marshal.loads(read_message(RESULT)), only_exact)
            os.lseek(RESULT, 0, os.SEEK_SET)
        os.close(RESULT)
        RESULT = real
        del sys.modules['solution']
        linecache.clearcache()


    def zygote():
        os.environ.clear()
        quitter = _sitebuiltins.Quitter
        builtins.exit, builtins.quit = quitter('exit', 'Ctrl-D'), quitter('quit', 'Ctrl-D')
        warnings.simplefilter('ignore')
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ['program.py']
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, 'w', closefd=False)), 'utf-8', 'surrogateescape')
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, 'w', closefd=False)), 'utf-8', 'backslashreplace',
                                      line_buffering=True)
        # What is built on first use is built here, once; what the interpreter changes while code is new, too.
        warm = {}
        source = 'from typing import *\nclass A: pass\ndef f(x: List[int]) -> int:\n    assert x\n    return [y for y in x]'
        exec(compile(source, '<warm>', 'exec'), warm)
        try:
            warm['f']([])
        except AssertionError as error:
            describe(error)
        del warm
        rehearse(source)
        random.seed(0)
        gc.collect()
        fill_gaps()
        gc.freeze()
        # `ZygoteLibrary` takes this call: it serves the supervisor, and returns in children only.
        child_of(os.getppid())


    zygote()
    """#

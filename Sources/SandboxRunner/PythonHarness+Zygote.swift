/// Part four of the Python harness: pid 1 of a Python slot, which forks the other two.
let pythonZygote = #"""


    def child_of(role, head, pair):
        """The life of one child, after the fork. Each closes what is not its own before it looks at anything."""
        try:
            os.close(CONTROL)
            if role == 'tester':
                for fd in (BODY, RESULT, OUTPUT, ERROR, pair[0]):
                    os.close(fd)
                confine(head)
                # The tester's own limits are the program's; what it needs beyond them is small.
                run_tests(pair[1], read_message(SECRET))
                os._exit(0)
            mode = head[0]
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
                    run_calls(source, extra)
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
        if head[0] == 2:
            ends = socket.socketpair()
            pair = (ends[0].detach(), ends[1].detach())
        main = program = os.fork()
        if program == 0:
            child_of('program', head, pair)
        if head[0] == 2:
            main = os.fork()
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
        # Children of the same user must not be able to open this process's memory or descriptors, nor each other's.
        ctypes = __import__('ctypes')
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
        for name in [name for name in sys.modules if 'ctypes' in name]:
            del sys.modules[name]
        os.environ.clear()
        os.chdir('/w')
        quitter = _sitebuiltins.Quitter
        builtins.exit, builtins.quit = quitter('exit', 'Ctrl-D'), quitter('quit', 'Ctrl-D')
        warnings.simplefilter('ignore')
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
        gc.collect()
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

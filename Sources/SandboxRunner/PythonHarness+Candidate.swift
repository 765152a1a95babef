/// Part two of the Python harness: the child that runs a program.
let pythonCandidate = #"""


    def confine(head):
        """Limits for a child, and descriptors as a fresh process would have them."""
        _, space, size, processes, seconds, stack = head
        for which, value in ((resource.RLIMIT_AS, space), (resource.RLIMIT_FSIZE, size), (resource.RLIMIT_NPROC, processes),
                             (resource.RLIMIT_CPU, seconds + 1), (resource.RLIMIT_STACK, stack),
                             (resource.RLIMIT_NOFILE, 256), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_MEMLOCK, 0)):
            if value:
                resource.setrlimit(which, (value, value))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()


    def open_streams(error):
        os.dup2(OUTPUT, 1)
        os.dup2(error, 2)
        # The pipes are shared with earlier programs, which may have changed their mode.
        os.set_blocking(1, True)
        os.set_blocking(2, True)
        os.set_blocking(RESULT, True)
        os.close(OUTPUT)
        os.close(ERROR)


    def load(source, name):
        """Compiles the program and runs its top level. Returns its names, or None after saying what went wrong."""
        begin = time.process_time()
        try:
            code = compile(source, '<program>', 'exec', dont_inherit=True)
        except BaseException as error:
            write_message(RESULT, b'E' + describe(error))
            return None
        write_message(RESULT, b'c%f' % (time.process_time() - begin))
        if name is None:
            return None
        linecache.cache['<program>'] = (len(source), None, source.splitlines(True), '<program>')
        module = types.ModuleType(name)
        sys.modules[name] = module
        random.seed(0)
        exec(code, module.__dict__)
        return module.__dict__


    def run_calls(source, calls):
        try:
            names = load(source, 'solution')
        except BaseException as error:
            write_message(RESULT, (b'M' if isinstance(error, MemoryError) else b'L') + describe(error))
            return
        if names is None:
            return
        write_message(RESULT, b'l')
        for function, arguments in calls:
            try:
                if function not in names:
                    raise NameError('the program defines no function %r' % function)
                result = names[function](*arguments)
            except MemoryError as error:
                write_message(RESULT, b'm' + describe(error))
                continue
            except BaseException as error:
                write_message(RESULT, b'x' + describe(error))
                continue
            try:
                frame = b'r' + encode(result, only_plain)
            except MemoryError as error:
                frame = b'm' + describe(error)
            except BaseException as error:
                frame = b'u' + describe(error)
            write_message(RESULT, frame)
        write_message(RESULT, b'd')


    def run_program(source, text):
        os.close(SECRET)
        store = os.memfd_create('stdin')
        view = memoryview(text)
        while view:
            view = view[os.write(store, view):]
        os.lseek(store, 0, os.SEEK_SET)
        os.dup2(store, 0)
        os.close(store)
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, 'r', closefd=False)), 'utf-8', 'surrogateescape')
        status = 0
        try:
            load(source, '__main__')
            threading._shutdown()
        except SystemExit as error:
            code = error.code
            if code is not None and type(code) is not int:
                print(code, file=sys.stderr)
            status = 0 if code is None else code & 255 if type(code) is int else 1
        except BaseException as error:
            status = 1
            write_message(RESULT, (b'M' if isinstance(error, MemoryError) else b'X') + describe(error))
        try:
            __import__('atexit')._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            status = status or 120
        os._exit(status)


    class Server:
        """Answers the tester's questions about what the program defined, in plain data."""

        def __init__(self, fd, names):
            self.fd, self.names, self.objects, self.numbers = fd, names, [], {}

        def keep(self, value, depth):
            parts = fields(value)
            if parts is not None:
                return (Ellipsis, 'k', parts[0], pack(parts[1], self.keep, depth + 1))
            if type(value) is type and getattr(builtins, value.__name__, None) is value:
                return (Ellipsis, 't', value.__name__)
            number = self.numbers.get(id(value))
            if number is None:
                number = self.numbers[id(value)] = len(self.objects)
                self.objects.append(value)
            return (Ellipsis, 'h', number, type(value).__name__)

        def unpack(self, value):
            kind = type(value)
            if kind is tuple and value and value[0] is Ellipsis:
                tag, content = value[1], value[2]
                if tag == 'h':
                    return self.objects[content]
                if tag == 't':
                    return getattr(builtins, content)
                if tag == 'f':
                    return lambda *arguments: self.call_back(content, arguments)
                return KINDS[content](*self.unpack(value[3]))
            if kind in (list, tuple, set, frozenset):
                return kind(map(self.unpack, value))
            if kind is dict:
                return {self.unpack(key): self.unpack(item) for key, item in value.items()}
            return value

        def call_back(self, number, arguments):
            write_message(self.fd, b'B' + encode((number, arguments), self.keep))
            return self.unpack(marshal.loads(read_message(self.fd)))

        def answer(self, verb, target, arguments):
            if verb == 'name':
                return self.names[target] if target in self.names else (Ellipsis, 'n')
            value = self.objects[target]
            if verb == 'call':
                return value(*arguments[0], **arguments[1])
            if verb == 'get':
                return getattr(value, *arguments)
            if verb == 'set':
                return setattr(value, *arguments)
            if verb == 'item':
                return value[arguments[0]]
            if verb == 'put':
                value[arguments[0]] = arguments[1]
                return None
            return {'len': len, 'iter': iter, 'next': next, 'str': str, 'repr': repr}[verb](value)

        def run(self):
            while True:
                try:
                    request = read_message(self.fd)
                except EOFError:
                    return
                try:
                    verb, target, arguments = marshal.loads(request)
                    reply = b'V' + encode(self.answer(verb, target, self.unpack(arguments)), self.keep)
                except BaseException as error:
                    names = [kind.__name__ for kind in type(error).__mro__]
                    reply = b'X' + marshal.dumps((names, str(error)[:500], describe(error)), 2)
                write_message(self.fd, reply)


    def run_server(fd, source):
        try:
            names = load(source, 'solution')
        except BaseException as error:
            write_message(RESULT, (b'M' if isinstance(error, MemoryError) else b'L') + describe(error))
            return
        if names is not None:
            write_message(RESULT, b'l')
            Server(fd, names).run()
    """#

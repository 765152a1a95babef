/// Part two of the Python harness: the child that runs a program.
let pythonCandidate = #"""


    def load(source, name):
        """Compiles the program and runs its top level. Returns its names, or None after saying what went wrong."""
        begin = time.process_time()
        try:
            try:
                code = compile(source, '<program>', 'exec', dont_inherit=True)
            except SyntaxError as error:
                if not MAY_RETURN or error.msg != "'return' outside function":
                    raise
                code = compile(as_function(source), '<program>', 'exec', dont_inherit=True)
        except BaseException as error:
            write_message(RESULT, b'E' + describe(error))
            return None
        write_message(RESULT, b'c%f' % (time.process_time() - begin))
        if name is None:
            return None
        linecache.cache['<program>'] = (len(source), None, source.splitlines(True), '<program>')
        module = types.ModuleType(name)
        sys.modules[name] = module
        if COVERAGE:
            report_lines()
        exec(code, module.__dict__)
        return module.__dict__


    def as_function(source):
        """The program as the body of a function, so that it may return; its names stay the module's."""
        names = [symbol.get_name() for symbol in __import__('symtable').symtable(source, '<program>', 'exec').get_symbols()
                 if symbol.is_assigned() or symbol.is_imported()]

        class Body(ast.NodeTransformer):
            def visit_FunctionDef(self, node):
                return node

            visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = visit_FunctionDef

            def visit_Global(self, node):
                return ast.copy_location(ast.Pass(), node)

            def visit_AnnAssign(self, node):
                made = ast.Assign(targets=[node.target], value=node.value) if node.value else ast.Pass()
                return ast.copy_location(made, node)

        def stays(node):
            return isinstance(node, ast.ImportFrom) and (node.module == '__future__' or node.names[0].name == '*')

        tree = Body().visit(ast.parse(source))
        wrapper = ast.parse('def __program__(): pass\n__program__()').body
        wrapper[0].body = [ast.Global(names=names)] * bool(names) + [node for node in tree.body if not stays(node)]
        tree.body = [node for node in tree.body if stays(node)] + wrapper
        return ast.fix_missing_locations(tree)


    def report_lines():
        """Has each line of the program reported when it is first executed, so that a run that dies has reported too."""
        seen = set()

        def line(frame, event, argument):
            if event == 'line' and frame.f_lineno not in seen:
                seen.add(frame.f_lineno)
                write_message(RESULT, b'v' + struct.pack('<I', frame.f_lineno))
            return line

        def call(frame, event, argument):
            return line if frame.f_code.co_filename == '<program>' else None

        threading.settrace(call)
        sys.settrace(call)


    def run_calls(source, calls, keep):
        try:
            names = load(source, 'solution')
        except BaseException as error:
            write_message(RESULT, (b'M' if isinstance(error, MemoryError) else b'L') + describe(error))
            return
        if names is None:
            return
        write_message(RESULT, b'l')
        clock, number = time.process_time_ns, struct.pack
        for function, arguments in calls:
            begin = clock()
            try:
                if function not in names:
                    raise NameError('the program defines no function %r' % function)
                result = names[function](*arguments)
            except BaseException as error:
                end = clock()
                tag, said = (b'm' if isinstance(error, MemoryError) else b'x'), describe(error)
            else:
                end = clock()
                try:
                    tag, said = b'r', encode(result, keep)
                except BaseException as error:
                    tag, said = (b'm' if isinstance(error, MemoryError) else b'u'), describe(error)
            # What the program says of its own time is for people only.
            write_message(RESULT, tag + number('<I', min((end - begin) // 1000, 0xffffffff)) + said)
        write_message(RESULT, b'd')


    def run_program(source, text):
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
            return self.unpack(marshal.loads(receive(self.fd)))

        def answer(self, verb, target, arguments):
            if verb == 'call':
                return self.objects[target](*arguments[0], **arguments[1])
            if verb == 'cpu':
                return time.process_time_ns() // 1000
            if verb == 'name':
                return self.names[target] if target in self.names else (Ellipsis, 'n')
            value = self.objects[target]
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
                    request = receive(self.fd)
                except EOFError:
                    return
                try:
                    verb, target, arguments, is_packed = marshal.loads(request)
                    if is_packed:
                        arguments = self.unpack(arguments)
                    reply = b'V' + encode(self.answer(verb, target, arguments), self.keep)
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

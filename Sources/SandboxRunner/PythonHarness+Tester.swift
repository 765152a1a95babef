/// Part three of the Python harness: the child that runs tests, which never holds the program.
let pythonTester = #"""


    class Gone(BaseException):
        """The program's process has ended, or sent something that is not an answer."""


    class Decoder:
        """Reads the plain-data part of marshal's format; anything else is refused. The sender is not trusted."""

        def __init__(self, data, at, link):
            self.data, self.at, self.link = data, at, link

        def take(self, count):
            end = self.at + count
            if count < 0 or end > len(self.data):
                raise Gone('cut short')
            part = self.data[self.at:end]
            self.at = end
            return part

        def number(self):
            return int.from_bytes(self.take(4), 'little', signed=True)

        def items(self, depth):
            count = self.number()
            if count < 0 or count > len(self.data) - self.at:
                raise Gone('a length that cannot be')
            return [self.value(depth + 1) for _ in range(count)]

        def big(self):
            count = self.number()
            digits = self.take(2 * abs(count))
            total = 0
            for digit in reversed(struct.unpack('<%dH' % abs(count), digits)):
                total = total << 15 | digit & 32767
            return -total if count < 0 else total

        def mapping(self, depth):
            result = {}
            while self.data[self.at:self.at + 1] != b'0':
                key = self.value(depth + 1)
                result[key] = self.value(depth + 1)
            self.at += 1
            return result

        def value(self, depth=0):
            if depth > 300:
                raise Gone('nested too deeply')
            tag = self.take(1)
            if tag == b'i':
                return self.number()
            if tag == b'u':
                return self.take(self.number()).decode('utf-8', 'surrogatepass')
            if tag == b'T' or tag == b'F':
                return tag == b'T'
            if tag == b'N':
                return None
            if tag == b'.':
                return Ellipsis
            if tag == b'[':
                return self.items(depth)
            if tag == b'(':
                items = self.items(depth)
                return self.special(items) if items and items[0] is Ellipsis else tuple(items)
            if tag == b'g':
                return struct.unpack('<d', self.take(8))[0]
            if tag == b'l':
                return self.big()
            if tag == b'{':
                return self.mapping(depth)
            if tag == b'<' or tag == b'>':
                return (set if tag == b'<' else frozenset)(self.items(depth))
            if tag == b's':
                return bytes(self.take(self.number()))
            if tag == b'y':
                return complex(*struct.unpack('<dd', self.take(16)))
            raise Gone('a value of an unknown kind')

        def special(self, items):
            tag = items[1] if len(items) > 1 else 'n'
            if tag == 'h' and len(items) == 4 and type(items[2]) is int:
                return Remote(self.link, items[2])
            if tag == 't' and len(items) == 3 and isinstance(getattr(builtins, str(items[2]), None), type):
                return getattr(builtins, items[2])
            if tag == 'k' and len(items) == 4 and type(items[3]) is tuple:
                return {**KINDS, 'dict': dict, 'list': list}[items[2]](*items[3])
            if tag == 'n':
                return Ellipsis
            raise Gone('an unknown mark')


    def decoded(data, at, link, number=int.from_bytes):
        """The value that takes up `data` from `at` on. Most are integers and texts, and short."""
        tag, content = data[at:at + 1], data[at + 1:]
        if tag == b'i' and len(content) == 4:
            return number(content, 'little', signed=True)
        try:
            if tag == b'u' and len(content) - 4 == number(content[:4], 'little'):
                return content[4:].decode('utf-8', 'surrogatepass')
            decoder = Decoder(data, at, link)
            value = decoder.value()
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, ArithmeticError) as error:
            raise Gone('not plain data: %s' % error)
        if decoder.at != len(data):
            raise Gone('too much data')
        return value


    class Link:
        """The tester's end of the line to the program's process."""

        def __init__(self, fd):
            self.fd, self.functions = fd, []

        def keep(self, value, depth):
            if type(value) is Remote:
                return (Ellipsis, 'h', object.__getattribute__(value, 'number'))
            parts = fields(value)
            if parts is not None:
                return (Ellipsis, 'k', parts[0], pack(parts[1], self.keep, depth + 1))
            if type(value) is type and getattr(builtins, value.__name__, None) is value:
                return (Ellipsis, 't', value.__name__)
            if callable(value):
                self.functions.append(value)
                return (Ellipsis, 'f', len(self.functions) - 1)
            raise TypeError('a value of type %s cannot be passed to the program' % type(value).__name__)

        def ask(self, verb, target, *arguments):
            try:
                request = marshal.dumps((verb, target, arguments, False), 2)
            except ValueError:
                request = marshal.dumps((verb, target, pack(arguments, self.keep), True), 2)
            try:
                write_message(self.fd, request)
                while True:
                    reply = receive(self.fd)
                    if reply[:1] != b'B':
                        break
                    number, given = decoded(reply, 1, self)
                    write_message(self.fd, encode(self.functions[number](*given), self.keep))
            except (OSError, EOFError):
                raise Gone('the program ended while it was being tested')
            if reply[:1] == b'V':
                return decoded(reply, 1, self)
            names, message, trace = decoded(reply, 1, self)
            for name in names:
                kind = getattr(builtins, str(name), None)
                if isinstance(kind, type) and issubclass(kind, Exception):
                    break
            else:
                kind = RuntimeError
            try:
                error = kind(message)
            except TypeError:
                error = RuntimeError(message)
            error.program_trace = trace
            raise error


    class Remote:
        """Something that lives in the program's process. It never takes part in a comparison or in arithmetic: those would
        let the program decide what a test finds."""

        __slots__ = ('link', 'number')

        def __init__(self, link, number):
            object.__setattr__(self, 'link', link)
            object.__setattr__(self, 'number', number)

        def __call__(self, *arguments, **named):
            return self.link.ask('call', self.number, arguments, named)

        def __getattr__(self, name):
            if name[:2] == '__' and name not in ('__name__', '__doc__', '__dict__'):
                raise AttributeError(name)
            return self.link.ask('get', self.number, name)

        def __setattr__(self, name, value):
            self.link.ask('set', self.number, name, value)

        def __getitem__(self, key):
            return self.link.ask('item', self.number, key)

        def __setitem__(self, key, value):
            self.link.ask('put', self.number, key, value)

        def __len__(self):
            return self.link.ask('len', self.number)

        def __bool__(self):
            return True

        def __iter__(self):
            return self.link.ask('iter', self.number)

        def __next__(self):
            return self.link.ask('next', self.number)

        def __str__(self):
            return str(self.link.ask('str', self.number))

        def __repr__(self):
            return str(self.link.ask('repr', self.number))

        def __eq__(self, other):
            return type(other) is Remote and other.number == self.number

        def __hash__(self):
            return hash(self.number)


    class Names(dict):
        """The names a test sees: its own, Python's, the standard library's, and last what the program defined."""

        def __init__(self, link, known, code, source):
            super().__init__(known)
            self.link, self.source = link, source
            # A program may not replace what the test relies on, unless that is all the test asks for: `assert sum(2, 3) == 5`
            # is about the program's `sum`.
            asked = set(code.co_names)
            self.replaceable = asked if all(hasattr(builtins, name) for name in asked) else ()

        def is_module(self, name):
            """Whether the test uses the name as a module, `math.isclose`, and not as a function, `numbers()`."""
            return any(isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
                       for node in ast.walk(ast.parse(self.source)))

        def __missing__(self, name):
            if name in self.replaceable:
                value = self.link.ask('name', name)
                return getattr(builtins, name) if value is Ellipsis else value
            if hasattr(builtins, name):
                return getattr(builtins, name)
            if name in sys.stdlib_module_names and self.is_module(name):
                value = __import__(name)
            elif hasattr(typing, name) and name in typing.__all__:
                value = getattr(typing, name)
            else:
                value = self.link.ask('name', name)
                if value is Ellipsis:
                    raise NameError('name %r is not defined' % name)
            if type(value) is Remote:
                self[name] = value
            return value


    def run_tests(fd, secret):
        nonce, stop_at_failure, tests = marshal.loads(secret)
        link, spent, stopped = Link(fd), 0, False

        def say(tag, number, text=b''):
            nonlocal spent, stopped
            try:
                total = link.ask('cpu', None)
            except BaseException:
                total = None
            total = total if type(total) is int and spent <= total < 1 << 40 else spent
            took, spent, stopped = total - spent, total, stop_at_failure and tag != b'p'
            write_message(SECRET, nonce + struct.pack('<I', number) + tag + struct.pack('<I', min(took, 0xffffffff)) + text)

        for number, source in enumerate(tests):
            if stopped:
                break
            try:
                code = compile(source, '<test>', 'exec', dont_inherit=True)
            except BaseException as error:
                say(b't', number, str(error).encode('utf-8', 'replace'))
                continue
            random.seed(0)
            try:
                exec(code, Names(link, {'__name__': '__main__', '__builtins__': builtins}, code, source))
                say(b'p', number)
            except Gone as error:
                say(b'g', number, str(error).encode('utf-8', 'replace'))
                break
            except SystemExit as error:
                say(b'p' if not error.code else b'f', number, b'the test exited with %a' % (error.code,))
            except BaseException as error:
                trace = getattr(error, 'program_trace', None)
                if type(trace) is bytes:
                    say(b'm' if isinstance(error, MemoryError) else b'x', number, trace)
                elif isinstance(error, AssertionError):
                    say(b'f', number, b'assertion failed: ' + str(error).encode('utf-8', 'replace')[:500])
                else:
                    text = '%s: %s' % (type(error).__name__, error)
                    say(b'x', number, text.encode('utf-8', 'replace')[:2000])
        say(b'd', len(tests))
    """#

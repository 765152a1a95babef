/// Part one of the Python harness: messages, and plain data for values that a program returns.
let pythonEncoding = #"""
    # What most programs use. Each further module would make every fork dearer, and few runs cheaper.
    import ast, os, sys, struct, marshal, gc, time, signal, types
    import math, collections, collections.abc, itertools, re, functools, heapq, string, typing, bisect, operator
    import random, copy, datetime, decimal, fractions, enum, io
    import abc, contextlib, numbers, traceback, builtins, linecache, tokenize, warnings, threading
    import _sitebuiltins

    SECRET, BODY, RESULT, LINK = 3, 4, 5, 200
    # Whether executed lines are reported; set in a child.
    COVERAGE, MAY_RETURN = 0, 0
    KINDS = {
        'Counter': collections.Counter, 'OrderedDict': collections.OrderedDict, 'deque': collections.deque,
        'Decimal': decimal.Decimal, 'Fraction': fractions.Fraction, 'range': range, 'datetime': datetime.datetime,
        'date': datetime.date, 'time': datetime.time, 'timedelta': datetime.timedelta, 'bytearray': bytearray,
    }


    def read_exactly(fd, count, read=os.read):
        data = read(fd, min(count, 1 << 20))
        if len(data) == count:
            return data
        data = bytearray(data)
        while len(data) < count:
            part = read(fd, min(count - len(data), 1 << 20))
            if not part:
                raise EOFError
            data += part
        return bytes(data)


    def read_message(fd):
        return read_exactly(fd, struct.unpack('<I', read_exactly(fd, 4))[0])


    def receive(fd, read=os.read, head=struct.Struct('<I').unpack_from):
        """A message on a line that never has more than one under way: all of it at once, when it is short."""
        data = read(fd, 8192)
        while 0 < len(data) < 4:
            part = read(fd, 8192)
            data = data + part if part else b''
        if not data:
            raise EOFError
        missing = head(data)[0] + 4 - len(data)
        if missing < 0:
            raise EOFError
        return data[4:] + read_exactly(fd, missing) if missing else data[4:]


    def write_message(fd, data, write=os.write, pack=struct.pack):
        data = pack('<I', len(data)) + data
        sent = write(fd, data)
        if sent < len(data):
            data = memoryview(data)[sent:]
            while data:
                data = data[write(fd, data):]


    def describe(error):
        """The last lines of a traceback, without the harness's own frames."""
        try:
            step = error.__traceback__
            while step is not None and step.tb_frame.f_code.co_filename != '<program>':
                step = step.tb_next
            lines = traceback.format_exception(type(error), error, step, limit=-4, chain=False)
            return ''.join(lines)[-2000:].encode('utf-8', 'replace')
        except BaseException:
            return type(error).__name__.encode('utf-8', 'replace')


    def fields(value):
        """What a KINDS constructor needs to build an equal value, and its name; None for anything else."""
        kind = type(value)
        if kind is collections.Counter or kind is collections.OrderedDict or kind is collections.defaultdict:
            name = 'OrderedDict' if kind is collections.OrderedDict else 'Counter'
            return ('dict' if kind is collections.defaultdict else name), (dict(value),)
        if kind is collections.deque:
            return 'deque', (list(value), value.maxlen)
        if kind is decimal.Decimal:
            return 'Decimal', (str(value),)
        if kind is fractions.Fraction:
            return 'Fraction', (value.numerator, value.denominator)
        if kind is range:
            return 'range', (value.start, value.stop, value.step)
        if kind is datetime.datetime and value.tzinfo is None:
            return 'datetime', (value.year, value.month, value.day, value.hour, value.minute, value.second,
                                value.microsecond)
        if kind is datetime.date:
            return 'date', (value.year, value.month, value.day)
        if kind is datetime.time and value.tzinfo is None:
            return 'time', (value.hour, value.minute, value.second, value.microsecond)
        if kind is datetime.timedelta:
            return 'timedelta', (value.days, value.seconds, value.microseconds)
        if kind is bytearray:
            return 'bytearray', (bytes(value),)
        if kind is type({}.keys()) or kind is type({}.values()):
            return 'list', (list(value),)
        return None


    def pack(value, keep, depth=0):
        """Plain data for `value`; what is not plain is given to `keep`, which returns plain data or raises."""
        kind = type(value)
        if value is None or kind in (bool, int, float, complex, str, bytes):
            return value
        if depth > 200:
            raise ValueError('nested too deeply')
        if kind is list or kind is tuple:
            return kind(pack(item, keep, depth + 1) for item in value)
        if kind is set or kind is frozenset:
            return kind(pack(item, keep, depth + 1) for item in value)
        if kind is dict:
            return {pack(key, keep, depth + 1): pack(item, keep, depth + 1) for key, item in value.items()}
        if tuple in kind.__mro__ and hasattr(kind, '_fields'):
            return tuple(pack(item, keep, depth + 1) for item in tuple.__iter__(value))
        return keep(value, depth)


    def encode(value, keep):
        # The C encoder takes exact types only; it would also take code objects and anything with a buffer, which the
        # decoders refuse.
        try:
            return marshal.dumps(value, 2)
        except ValueError:
            return marshal.dumps(pack(value, keep), 2)


    def only_plain(value, depth):
        parts = fields(value)
        if parts is None:
            raise TypeError('a value of type %s is not plain data' % type(value).__name__)
        name, content = parts
        if name in ('dict', 'Counter', 'OrderedDict', 'deque', 'list'):
            return pack(content[0], only_plain, depth + 1)
        if name == 'range':
            return list(value)
        raise TypeError('a value of type %s is not plain data' % type(value).__name__)


    def only_exact(value, depth):
        """As `only_plain`, for what equals its plain form in Python's own terms; the rest needs a tester."""
        parts = fields(value)
        if parts is None or parts[0] not in ('dict', 'Counter', 'OrderedDict', 'list'):
            raise TypeError('a value of type %s is not plain data' % type(value).__name__)
        return pack(parts[1][0], only_exact, depth + 1)
    """#

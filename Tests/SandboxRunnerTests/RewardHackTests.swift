import Programs
import SandboxRunner
import Testing

/// Wrong programs that try to be accepted.
///
/// The right answer of `f(2)` is 4.
@Suite struct RewardHackTests {
    private static let bodies = [
        "import sys\n    sys.exit(0)",
        "import os\n    os._exit(0)",
        "raise SystemExit",
        "class E(int):\n        __eq__ = lambda s, o: True\n        __ne__ = lambda s, o: False\n        __hash__ = int.__hash__\n    return E()",
        "class E:\n        __eq__ = lambda s, o: True\n        __sub__ = __rsub__ = __abs__ = lambda s, *o: 0\n        __lt__ = __le__ = lambda s, o: True\n    return E()",
        "class E(list):\n        __eq__ = lambda s, o: True\n    return E()",
        "import builtins\n    builtins.AssertionError = None\n    builtins.abs = lambda x: 0\n    return 5",
        "import gc\n    for o in gc.get_objects():\n        if type(o) is list: o.append('passed')\n    return 5",
        "import sys\n    frame = sys._getframe()\n    found = []\n    while frame:\n        found += [v for v in frame.f_locals.values() if type(v) is int]\n        frame = frame.f_back\n    return found",
        "import sys\n    frame = sys._getframe()\n    while frame:\n        for v in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n            if 'f(2)' + ' ==' in repr(v): return 4\n        frame = frame.f_back\n    return 5",
        "import atexit, os\n    atexit.register(os._exit, 0)\n    return 5",
        "import os\n    for fd in range(3, 64):\n        try: os.write(fd, b'\\x15\\0\\0\\0' + b'n' * 16 + b'\\0\\0\\0\\0p')\n        except OSError: pass\n    os._exit(0)",
        "import sys\n    sys.settrace(lambda *a: sys.exit(0))\n    return 5",
        "import os\n    os.kill(-1, 9)",
        "import os, glob\n    for path in glob.glob('/proc/[0-9]*/mem') + glob.glob('/proc/[0-9]*/fd/*'):\n        if '/self/' in path or path.startswith('/proc/%d/' % os.getpid()): continue\n        open(path, 'rb').read(1)\n        return 4\n    return 5",
        "import os\n    os.execv('/usr/bin/python3', ['python3', '-O', '-c', 'pass'])",
    ]

    @Test(arguments: bodies)
    func `A cheat is not accepted by a call`(body: String) async throws {
        let test = TestCase.call(function: "f", arguments: [.integer(2)], expected: .integer(4))
        let verdict = try await sharedPool().judge(job("def f(x):\n    \(body)\n", [test]) { $0.wallSeconds = 5 })
        #expect(verdict.outcome != .accepted && verdict.outcome != .infrastructureFailure, "\(verdict)")
    }

    @Test(arguments: bodies)
    func `A cheat is not accepted by test code`(body: String) async throws {
        let program = "def f(x):\n    \(body)\n"
        let pool = try await sharedPool()
        let tests = [
            TestCase.assert(code: "assert f(2) == 4"),
            .program(code: "def check(c):\n    assert abs(c(2) - 4) < 1e-6\ncheck(f)"),
        ]
        for test in tests {
            let verdict = await pool.judge(job(program, [test]) { $0.wallSeconds = 5 })
            #expect(verdict.outcome != .accepted && verdict.outcome != .infrastructureFailure, "\(verdict)")
        }
    }

    @Test func `A program cannot replace what a test relies on`() async throws {
        let program = """
            def f(x): return 5
            def abs(x): return 0
            class math:
                isclose = lambda *a: True
            def isinstance(*a): return True
            """
        let tests: [TestCase] = [
            .assert(code: "assert abs(f(2) - 4) < 1e-6"), .assert(code: "import math\nassert math.isclose(f(2), 4)"),
            .assert(code: "assert math.isclose(f(2), 4)"), .assert(code: "assert isinstance(f(2), str)"),
        ]
        let verdict = try await sharedPool().judge(job(program, tests))
        #expect(verdict.testsPassed == 0, "\(verdict)")
    }

    @Test func `Nothing of an earlier program or its test is in the memory of a later one`() async throws {
        let pool = try await sharedPool()
        let secret = "zq83hf0"
        for _ in 0..<2 {
            let first = job(
                "def f(x):\n    return 'own\(secret)'\n",
                [.assert(code: "assert f(1) == 'own\(secret)', 'test\(secret)'")]
            )
            #expect(await pool.judge(first).outcome == .accepted)
        }
        let program = """
            def f(x):
                import re
                # The pattern must not contain what it looks for.
                needle = re.compile(b'([o]wn|[t]est)[z]q83hf0')
                found = 0
                __import__('ctypes').CDLL(None).prctl(4, 1, 0, 0, 0)
                with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:
                    for line in maps:
                        span, mode = line.split()[:2]
                        low, high = (int(part, 16) for part in span.split('-'))
                        if mode[0] != 'r' or 'vvar' in line or 'vsyscall' in line: continue
                        try:
                            memory.seek(low)
                            data = memory.read(high - low)
                        except (OSError, OverflowError, ValueError):
                            continue
                        found += len(needle.findall(data))
                return found
            """
        for round in 0..<2 {
            let test = TestCase.call(function: "f", arguments: [.integer(round)], expected: .integer(0))
            let verdict = await pool.judge(job(program, [test]))
            #expect(verdict.outcome == .accepted, "\(verdict)")
        }
    }
}

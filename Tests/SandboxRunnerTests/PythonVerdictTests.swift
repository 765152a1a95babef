import Programs
import SandboxRunner
import Testing

@Suite struct PythonVerdictTests {
    @Test func `A call returns what is expected, in JSON's terms`() async throws {
        let program = """
            from collections import Counter
            def add(a, b): return a + b
            def pair(): return (1, [2, {"x": {3}}])
            def count(): return Counter("aab")
            def keys(): return {1: "a", 2: "b"}
            """
        let tests: [TestCase] = [
            .call(function: "add", arguments: [.integer(1), .integer(2)], expected: .integer(3)),
            .call(function: "add", arguments: [.number(0.1), .number(0.2)], expected: .number(0.3)),
            .call(function: "add", arguments: [.string("ä"), .string("\u{0}")], expected: .string("ä\u{0}")),
            .call(
                function: "add",
                arguments: [.integer(Int.max - 1), .integer(1)],
                expected: .integer(Int.max)
            ),
            .call(
                function: "pair",
                arguments: [],
                expected: .array([.integer(1), .array([.integer(2), .object(["x": .array([.integer(3)])])])])
            ),
            .call(function: "count", arguments: [], expected: .object(["a": .integer(2), "b": .integer(1)])),
            .call(function: "keys", arguments: [], expected: .object(["1": .string("a"), "2": .string("b")])),
        ]
        let verdict = try await sharedPool().judge(job(program, tests))
        #expect(verdict.outcome == .accepted, "\(verdict)")
        #expect(verdict.testsPassed == 7)
        #expect(verdict.cpuSeconds > 0)
        #expect(verdict.peakMemoryBytes > 1 << 20)
    }

    @Test(arguments: [
        ("return True", JSONValue.integer(1)), ("return 1", .bool(true)), ("return 2", .integer(1)),
        ("return 1.001", .number(1)), ("return None", .integer(0)), ("return [1]", .array([.integer(1), .integer(2)])),
        ("return b'x'", .string("x")), ("return float('nan')", .number(1)), ("return object()", .null),
        ("return {(1, 2): 3}", .object(["(1, 2)": .integer(3)])), ("return '1'", .integer(1)),
        ("return (x for x in [1])", .array([.integer(1)])),
    ])
    func `A value of another kind is a wrong answer`(body: String, expected: JSONValue) async throws {
        let test = TestCase.call(function: "f", arguments: [], expected: expected)
        let verdict = try await sharedPool().judge(job("def f():\n    \(body)\n", [test]))
        #expect(verdict.outcome == .wrongAnswer, "\(verdict)")
    }

    @Test func `All tests are run and counted, and the first failure names the outcome`() async throws {
        let tests: [TestCase] = [1, 0, 2, 7].map {
            .call(function: "f", arguments: [.integer($0)], expected: .integer(10 / max($0, 1)))
        }
        let verdict = try await sharedPool().judge(job("def f(n):\n    return 10 // n\n", tests))
        #expect(verdict.outcome == .runtimeError)
        #expect(verdict.testsPassed == 3)
        #expect(verdict.testsTotal == 4)
        #expect(verdict.diagnostics.contains("ZeroDivisionError"))
    }

    @Test func `A run that dies does not take the tests after it along`() async throws {
        let tests: [TestCase] = (0..<4).map { .call(function: "f", arguments: [.integer($0)], expected: .integer($0)) }
        let program = "import os\ndef f(n):\n    if n == 1: os._exit(0)\n    return n\n"
        let verdict = try await sharedPool().judge(job(program, tests))
        #expect(verdict.outcome == .runtimeError)
        #expect(verdict.testsPassed == 3)
    }

    @Test func `Assertions see the program only through plain data, and work all the same`() async throws {
        let program = """
            import math
            class Node:
                def __init__(self, value): self.value, self.next = value, None
                def length(self): return 1 + (self.next.length() if self.next else 0)
            def apply(f, items): return [f(x) for x in items]
            def numbers():
                yield 1
                yield 2
            def fail(): raise ValueError("no")
            """
        let tests = [
            "a = Node(1)\na.next = Node(2)\nassert a.length() == 2 and a.next.value == 2",
            "assert apply(lambda x: x * 2, (1, 2)) == [2, 4]",
            "assert list(numbers()) == [1, 2]",
            "assert math.isclose(sum(apply(abs, [-1.5])), 1.5)",
            "try:\n    fail()\n    assert False\nexcept ValueError as error:\n    assert str(error) == 'no'",
        ].map { TestCase.assert(code: $0) }
        let verdict = try await sharedPool().judge(job(program, tests))
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }

    @Test func `A program test runs to its end or fails`() async throws {
        let program = "def double(x):\n    return 2 * x\n"
        let good = TestCase.program(
            code: "def check(f):\n    assert f(2) == 4\n    assert f('a') == 'aa'\ncheck(double)"
        )
        let bad = TestCase.program(code: "assert double(2) == 5")
        let broken = TestCase.program(code: "assert double(2) ==")
        let pool = try await sharedPool()
        #expect(await pool.judge(job(program, [good])).outcome == .accepted)
        #expect(await pool.judge(job(program, [bad])).outcome == .wrongAnswer)
        let verdict = await pool.judge(job(program, [broken]))
        #expect(verdict.outcome == .infrastructureFailure)
        #expect(verdict.diagnostics.contains("test 0"))
    }

    @Test func `Standard output is compared by words and the exit status counts`() async throws {
        let test = TestCase.stdio(stdin: "3 4\n", stdout: "7\n")
        let pool = try await sharedPool()
        let sum = "a, b = map(int, input().split())\nprint(a + b, ' ')\n"
        #expect(await pool.judge(job(sum, [test])).outcome == .accepted)
        #expect(await pool.judge(job(sum + "raise SystemExit(1)", [test])).outcome == .runtimeError)
        #expect(await pool.judge(job("print(8)", [test])).outcome == .wrongAnswer)
        #expect(await pool.judge(job("1/0", [test])).diagnostics.contains("ZeroDivisionError"))
        #expect(await pool.judge(job("import sys\nsys.exit(0)", [test])).outcome == .wrongAnswer)
    }

    @Test(arguments: [
        (
            "from math import *\nn = int(input())\nif n < 5:\n    print(floor(sqrt(n)))\n    return\nprint(n)\n",
            Verdict.Outcome.accepted
        ),
        (
            "x: int = int(input())\nglobal y\ny = x\ndef half():\n    global y\n    y = y // 2\n    return y\ntry:\n    half(); print(y); return\nexcept: pass\nprint(9)\n",
            .accepted
        ),
        (
            "class A:\n    def f(self):\n        return int(input()) // 2\nprint(A().f())\nif __name__ == '__main__': return\nprint(8)",
            .accepted
        ),
        ("import sys\nprint(1)\nreturn\nprint(2)", .wrongAnswer), ("print(2)\n1 / 0\nreturn", .runtimeError),
        ("print(2)\nreturn )", .compileError),
    ])
    func `A program of APPS may return at its top level, as no other may`(program: String, outcome: Verdict.Outcome)
        async throws
    {
        let test = TestCase.stdio(stdin: "4\n", stdout: "2")
        var asked = job(program, [test])
        #expect(try await sharedPool().judge(asked).outcome == .compileError)
        asked.options.comparison = .apps
        let verdict = try await sharedPool().judge(asked)
        #expect(verdict.outcome == outcome, "\(verdict)")
    }

    @Test(arguments: [
        "", "  \n\t\n", "# only\n# words\n", "def f(:\n", "x = '\u{0}'\n", "\u{feff}\u{feff}x", "return 1",
    ])
    func `What is no program is a compile error`(program: String) async throws {
        let pool = try await sharedPool()
        #expect(await pool.judge(job(program, [])).outcome == .compileError)
        let test = TestCase.call(function: "f", arguments: [], expected: .null)
        #expect(await pool.judge(job(program, [test])).outcome == .compileError)
    }

    @Test func `Compiling alone accepts a program that would fail`() async throws {
        let verdict = try await sharedPool().judge(job("def f():\r\n\treturn '\u{1F600}'\r\n1 / 0\r\n", []))
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }

    @Test func `Each limit has its outcome, and the next run is unaffected`() async throws {
        let pool = try await sharedPool()
        let test = TestCase.call(function: "f", arguments: [], expected: .integer(1))
        let cases: [(String, Verdict.Outcome)] = [
            ("while True: pass", .timeLimit),
            ("import time; time.sleep(60)", .timeLimit),
            ("import os\n    while os.fork() >= 0: pass", .runtimeError),
            ("return bytearray(4 << 30)", .memoryLimit),
            ("import os\n    while True: os.write(1, b'x' * 65536)", .outputLimit),
            ("open('/w/f', 'wb').write(b'x' * (64 << 20))", .runtimeError),
            ("return f()", .runtimeError),
        ]
        for (body, outcome) in cases {
            let limited = job("def f():\n    \(body)\n", [test]) {
                $0.cpuSeconds = 0.5
                $0.wallSeconds = 2
                $0.outputBytes = 1 << 20
                $0.memoryBytes = 256 << 20
                $0.processes = 16
            }
            let verdict = await pool.judge(limited)
            if body.contains("fork") {
                #expect([.runtimeError, .timeLimit].contains(verdict.outcome), "\(body): \(verdict)")
            } else {
                #expect(verdict.outcome == outcome, "\(body): \(verdict)")
            }
            let after = await pool.judge(job("def f():\n    return 1 # \(body.count)\n", [test]))
            #expect(after.outcome == .accepted, "after \(body): \(after)")
        }
    }

    @Test func `A memory bomb made of processes is stopped as one`() async throws {
        let test = TestCase.call(function: "f", arguments: [], expected: .integer(1))
        let program = """
            import os, time
            def f():
                for _ in range(6):
                    if os.fork() == 0:
                        keep = bytearray(60 << 20)
                        time.sleep(3)
                        os._exit(0)
                time.sleep(3)
                return 1
            """
        let verdict = try await sharedPool().judge(job(program, [test]) { $0.memoryBytes = 128 << 20 })
        #expect(verdict.outcome != .accepted, "\(verdict)")
    }

    @Test func `A missing tool is our trouble and says which`() async throws {
        var configuration = SandboxConfiguration()
        configuration.slots = 1
        configuration.firstUser = firstUser + 20
        configuration.helperPath = helper()
        configuration.languages = [.python]
        let pool = try await SandboxPool(configuration: configuration)
        let verdict = await pool.judge(job("puts 1", [], language: .ruby))
        #expect(verdict.outcome == .infrastructureFailure)
        #expect(verdict.diagnostics.contains("ruby"))
        #expect(await pool.toolChains.keys.map(\.rawValue) == ["python"])
        await pool.shutdown()
    }
}

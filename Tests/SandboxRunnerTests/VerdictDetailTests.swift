import Foundation
import Programs
import SandboxRunner
import Testing

/// What a verdict says beyond its outcome.
@Suite struct VerdictDetailTests {
    @Test func `Each test has its result, in order, whichever way it is judged`() async throws {
        let program = "def f(n):\n    return sum(range(n))\n"
        let tests: [TestCase] = [
            .assert(code: "assert f(3) == 3"), .call(function: "f", arguments: [.integer(2)], expected: .integer(7)),
            .assert(code: "import math\nassert math.isclose(f(3), 3)"), .assert(code: "assert f('a') == 1"),
        ]
        let verdict = try await sharedPool().judge(job(program, tests))
        #expect(verdict.outcome == .wrongAnswer)
        #expect(verdict.tests.map(\.outcome) == [.accepted, .wrongAnswer, .accepted, .runtimeError])
        #expect(verdict.testsPassed == 2)
        #expect(!verdict.walls.isEmpty)
    }

    @Test func `Time is booked to the test that took it`() async throws {
        let program = "def f(n):\n    for i in range(n): pass\n    return n\n"
        let tests: [TestCase] = [1, 3_000_000].map { .assert(code: "assert f(\($0)) == \($0)") }
        let verdict = try await sharedPool().judge(job(program, tests))
        #expect(verdict.outcome == .accepted, "\(verdict)")
        #expect(verdict.tests[1].cpuSeconds > 10 * verdict.tests[0].cpuSeconds)
    }

    @Test func `After the first failure nothing more is run when that is asked for`() async throws {
        let program = "def f(n):\n    return n\nif __name__ == '__main__':\n    print(input())\n"
        let kinds: [[TestCase]] = [
            [1, 2, 3].map { .call(function: "f", arguments: [.integer($0)], expected: .integer($0 == 2 ? 0 : $0)) },
            [1, 2, 3].map { .assert(code: "assert f(\($0)) == \($0 == 2 ? 0 : $0)") },
            [1, 2, 3].map { .assert(code: "x = f(\($0))\nassert x == \($0 == 2 ? 0 : $0)") },
            [1, 2, 3].map { .stdio(stdin: "\($0)", stdout: $0 == 2 ? "0" : "\($0)") },
        ]
        for tests in kinds {
            var asked = job(program, tests)
            let all = try await sharedPool().judge(asked)
            #expect(all.tests.map(\.outcome) == [.accepted, .wrongAnswer, .accepted], "\(tests[0])")
            asked.options.stopAtFirstFailure = true
            let some = try await sharedPool().judge(asked)
            #expect(some.tests.map(\.outcome) == [.accepted, .wrongAnswer, nil], "\(tests[0])")
            #expect(some.outcome == .wrongAnswer && some.testsPassed == 1 && some.testsTotal == 3)
        }
    }

    @Test func `Diagnostics name the innermost line of the program`() async throws {
        let pool = try await sharedPool()
        let program = "def g(x):\n    return 1 // x\n\ndef f(x):\n    return g(x)\n"
        let call = TestCase.call(function: "f", arguments: [.integer(0)], expected: .integer(0))
        #expect(await pool.judge(job(program, [call])).errorLine == 2)
        #expect(await pool.judge(job("x = 1\n\ndef f(:\n", [call])).errorLine == 3)
        #expect(await pool.judge(job("x = 1\n\ndef f(:\n", [])).errorLine == 3)
        #expect(await pool.judge(job("\n\n1 / 0\n", [.stdio(stdin: "", stdout: "")])).errorLine == 3)
        #expect(await pool.judge(job("def f(x):\n    return 5\n", [call])).errorLine == nil)
    }

    @Test(arguments: [
        ("program.cpp:3:5: error: expected ';'", Language.cpp, 3 as Int?), ("/w/program.cpp:9:1: note", .cpp, nil),
        ("Main.java:2: error: ';' expected\n    int x", .java, 2),
        ("\tat Main.f(Main.java:4)\n\tat Main.main(Main.java:1)", .java, 4),
        ("program.cs(2,7): error CS1002: ; expected", .csharp, 2),
        ("PHP Parse error: x in /w/program.php on line 5", .php, 5),
        ("/w/program.js:4\n  x(\n", .javascript, 4), ("program.rb:1:in `f': no (RuntimeError)", .ruby, 1),
        ("./program.go:5:2: undefined: x", .go, 5),
        ("File \"<program>\", line 4, in f\n  File \"<program>\", line 2, in g", .python, 2),
        ("nothing of note", .python, nil),
    ])
    func `Compilers and interpreters name lines in their own ways`(text: String, language: Language, line: Int?) {
        let program = String(repeating: "\n", count: 4)
        #expect(DiagnosticLine.find(in: text, program: program, language: language) == line)
    }

    @Test func `The signal that ended a program is told`() async throws {
        let program = "import os\ndef f(x):\n    os.kill(os.getpid(), 11)\n"
        for test in [
            TestCase.call(function: "f", arguments: [.integer(0)], expected: .integer(0)),
            .assert(code: "assert f(0) == 0"),
        ] {
            let verdict = try await sharedPool().judge(job(program, [test]))
            #expect(verdict.outcome == .runtimeError)
            #expect(verdict.signal == 11)
        }
    }

    @Test func `Executed lines are told when asked for, of programs that die too`() async throws {
        let program = "import os\ndef f(n):\n    if n > 1:\n        return 1\n    os._exit(3)\n    return 2\n"
        let tests: [TestCase] = [
            .call(function: "f", arguments: [.integer(2)], expected: .integer(1)), .assert(code: "assert f(3) == 1"),
        ]
        var asked = job(program, tests)
        #expect(try await sharedPool().judge(asked).executedLines == nil)
        asked.options.coverage = true
        #expect(try await sharedPool().judge(asked).executedLines == [1, 2, 3, 4])
        asked.tests.append(.assert(code: "assert f(0) == 1"))
        #expect(try await sharedPool().judge(asked).executedLines == [1, 2, 3, 4, 5])
        var printing = job("x = 1\nif x > 2:\n    print(1)\n", [.stdio(stdin: "", stdout: "")])
        printing.options.coverage = true
        #expect(try await sharedPool().judge(printing).executedLines == [1, 2])
    }

    @Test(arguments: [
        (Comparison.tokens, "1  2\n", true), (.tokens, "1 2.0000001\n", false), (.exact, "1 2\n", true),
        (.exact, "1 2", false), (.float, "1.0 2.0000001", true), (.float, "1 2.1", false), (.unordered, "1 2\n", true),
        (.unordered, "2 1\n", false), (.apps, "1.000009 2.0", true), (.apps, "1.00002 2", false), (.apps, "2 1", false),
    ])
    func `Output is compared as the test asks`(comparison: Comparison, output: String, isRight: Bool) {
        #expect(agrees(Array(output.utf8), with: "1 2\n", by: comparison) == isRight)
    }

    @Test func `The tolerance of APPS is not for integers`() {
        #expect(agrees(Array("1000000.5 7".utf8), with: "1000000 7", by: .apps))
        #expect(!agrees(Array("1000001 7".utf8), with: "1000000 7", by: .apps))
        #expect(!agrees(Array("nan".utf8), with: "1.5", by: .apps))
    }

    @Test(arguments: [
        (Comparison.unordered, "[2, 1]", JSONValue.array([.integer(1), .integer(2)]), true),
        (.tokens, "[2, 1]", .array([.integer(1), .integer(2)]), false), (.float, "1.0000000001", .integer(1), true),
        (.exact, "1.0", .integer(1), false), (.exact, "1", .integer(1), true),
        (.exact, "{1: (2,)}", .object(["1": .array([.integer(2)])]), true),
        (.exact, "{1: (2.0,)}", .object(["1": .array([.integer(2)])]), false),
    ])
    func `Values are compared as the test asks`(
        comparison: Comparison,
        value: String,
        expected: JSONValue,
        isRight: Bool
    )
        async throws
    {
        var asked = job("def f():\n    return \(value)\n", [.call(function: "f", arguments: [], expected: expected)])
        asked.options.comparison = comparison
        #expect(try await sharedPool().judge(asked).outcome == (isRight ? .accepted : .wrongAnswer))
    }

    @Test func `Lines may come in any order when the test says so`() {
        #expect(agrees(Array("b 1\n\na\n".utf8), with: "a\nb  1\n", by: .unordered))
        #expect(!agrees(Array("b 1\na\na\n".utf8), with: "a\nb  1\n", by: .unordered))
    }

    @Test func `A test may have a comparison of its own beside that of the job`() async throws {
        var asked = job("print('1.0')", [.stdio(stdin: "", stdout: "1"), .stdio(stdin: "", stdout: "1.0 ")])
        asked.options.comparison = .exact
        asked.options.comparisons = [.float, nil]
        let verdict = try await sharedPool().judge(asked)
        #expect(verdict.tests.map(\.outcome) == [.accepted, .wrongAnswer])
    }

    @Test func `Output up to the limit is accepted, one byte more is not, and a megabyte is nothing special`()
        async throws
    {
        let pool = try await sharedPool()
        func verdict(bytes: Int, limit: Int) async -> Verdict {
            let text = String(repeating: "x", count: bytes)
            let test = TestCase.stdio(stdin: "", stdout: text)
            let program = "import sys\nsys.stdout.write('x' * \(bytes))\n"
            return await pool.judge(job(program, [test]) { $0.outputBytes = limit })
        }
        #expect(await verdict(bytes: 100_000, limit: 100_000).outcome == .accepted)
        #expect(await verdict(bytes: 100_001, limit: 100_000).outcome == .outputLimit)
        #expect(await verdict(bytes: 1 << 20, limit: 4 << 20).outcome == .accepted)
    }

    @Test func `Ten megabytes of input that nobody reads block nobody`() async throws {
        let input = String(repeating: "y\n", count: 5 << 20)
        let native = "#include <cstdio>\nint main() { puts(\"1\"); }"
        for (language, program) in [(Language.python, "print(1)"), (.cpp, native)] {
            let test = TestCase.stdio(stdin: input, stdout: "1")
            let verdict = try await sharedPool().judge(job(program, [test], language: language))
            #expect(verdict.outcome == .accepted, "\(language): \(verdict.diagnostics)")
        }
    }

    @Test func `A run out of wall-clock time is judged again alone, and others go on after it`() async throws {
        let pool = try await sharedPool()
        let sleeping = job("import time\ntime.sleep(30)\n", [.stdio(stdin: "", stdout: "")]) {
            $0.wallSeconds = 0.4
            $0.cpuSeconds = 0.4
        }
        let quick = job("print(7)", [.stdio(stdin: "", stdout: "7")])
        await withTaskGroup(of: (Bool, Verdict).self) { group in
            for index in 0..<6 { group.addTask { (index < 2, await pool.judge(index < 2 ? sleeping : quick)) } }
            for await (sleeps, verdict) in group {
                #expect(verdict.outcome == (sleeps ? .timeLimit : .accepted), "\(verdict)")
            }
        }
    }

    @Test func `The languages this machine claims are judged as they must be`() async throws {
        let complaints = try await sharedPool().selfTest()
        #expect(complaints.isEmpty, "\(complaints)")
    }

    @Test func `A language that accepts everything is found out`() async {
        let canary = Canary.all[0]
        let trusting = await canary.complaint { Verdict(outcome: .accepted, testsTotal: $0.tests.count) }
        #expect(trusting?.hasPrefix("a wrong program was judged accepted") == true)
        let refusing = await canary.complaint { _ in Verdict(outcome: .wrongAnswer) }
        #expect(refusing?.hasPrefix("a right program was judged wrong_answer") == true)
    }
}

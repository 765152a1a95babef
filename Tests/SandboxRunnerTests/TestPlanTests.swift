import Foundation
import Programs
import SandboxRunner
import Testing

/// Test code that is taken apart, and what its assertions mean.
@Suite struct TestPlanTests {
    @Test func `A check function becomes the calls it makes, with their arguments`() throws {
        let code = """

            METADATA = {'author': 'x', 'n': [1, 2.5]}


            def check(candidate):
                \"\"\"What it checks.\"\"\"
                # Simple.
                assert candidate([1, -2.5], 'a\\n' "b") == (1, {2: None})
                assert abs(candidate(2 ** 10) - 0.5) < 1e-6, "far off"

            check(solve)
            """
        let plan = try #require(TestPlan(code))
        #expect(plan.functions == ["solve", "solve"])
        #expect(plan.messages == ["", "far off"])
    }

    @Test func `Loops over constants are unrolled, and variables that hold constants are these`() throws {
        let code = """
            def check(candidate):
                lst = list(range(-3, 4, 2))
                odd = sum([i**2 for i in lst if i % 2 != 0 and i > 0])
                print
                assert candidate(lst) == odd, "odd"
                for x in range(2, 4):
                    for y in [x, (x,)]:
                        assert candidate(y, x + 1) == str(x)

            check(Strongest_One)
            """
        let plan = try #require(TestPlan(code))
        #expect(plan.functions == Array(repeating: "Strongest_One", count: 5))
        #expect(plan.messages == ["odd", "", "", "", ""])
    }

    @Test func `What unrolled loops and constants say is what Python says`() async throws {
        let code = """
            def check(candidate):
                lst = list(range(-3, 4, 2))
                assert candidate(lst) == sum([i**2 for i in lst if i % 2 != 0 and i > 0])
                for x in (0, 2, -5):
                    assert candidate([x]) == x % 3 * 0 + [0, 0, 0][0:][x * 0]
            """
        // A subscript is not understood: Python itself has the last word on the same test.
        #expect(TestPlan(code) == nil)
        let simple = code.replacingOccurrences(of: "x % 3 * 0 + [0, 0, 0][0:][x * 0]", with: "x % 3 * 0")
        #expect(TestPlan(simple) != nil)
        let program = "def f(x):\n    return sum(i * i for i in x if i > 0 and i % 2)\n"
        for test in [code, simple] {
            let verdict = try await sharedPool().judge(job(program, [.program(code: test + "\ncheck(f)\n")]))
            #expect(verdict.outcome == .accepted, "\(verdict)")
        }
    }

    @Test(arguments: [
        ("f(1) == 2, 'got ' + str(f(1))", "x", "got 1"), ("f(1) == 2, str(len(f(1)))", "[x]", "1"),
        ("f(1) == 2, f(1)", "[x, 'a', None, (2.5,), {'k': True}]", "[1, 'a', None, (2.5,), {'k': True}]"),
        ("f(1) == 2, str(f(1))", "\"it's\"", "it's"), ("f(1) == 2, f(1)", "[\"it's\", 1e-07]", "[\"it's\", 1e-07]"),
        ("f(1) == 2, f(3)", "x", "3"), ("f(1) == 2, f(1)", "{x}", "{1}"), ("f(1) == 2, f(1)", "['\\n']", "['\\n']"),
    ])
    func `A message says what Python's would`(condition: String, value: String, message: String) async throws {
        let code = "assert " + condition
        #expect(TestPlan(code) != nil)
        let verdict = try await sharedPool().judge(job("def f(x):\n    return \(value)\n", [.assert(code: code)]))
        #expect(verdict.outcome == .wrongAnswer)
        #expect(verdict.diagnostics == "assertion failed: " + message)
    }

    @Test func `A call that only a message makes is made when the assertion has failed`() async throws {
        let test = TestCase.assert(code: "assert f(1) == 1, str(f(0))")
        let accepted = try await sharedPool().judge(job("def f(x):\n    return 1 // x\n", [test]))
        #expect(accepted.outcome == .accepted)
        let failed = try await sharedPool().judge(job("def f(x):\n    return 2 // x\n", [test]))
        #expect(failed.outcome == .runtimeError)
        #expect(failed.diagnostics.contains("ZeroDivisionError"))
    }

    @Test(arguments: [
        "x = 1", "for x in [1]:\n        pass", "f = 3", "c = 1", "len = 1",
        "for x in {1, 2}:\n        assert c(x) == x",
        "for x in []:\n        assert c(x) == x", "for i in range(99999):\n        pass", "y = [j for k in [1]]",
        "y = [c(k) for k in [1]]", "y = [x for x in [1]]", "for i in range(3):\n        pass\n    else:\n        pass",
        "assert c(y) == 1", "assert c(range(3)) == 1", "y = range(3)", "y = 1\n    assert c(1) == check",
    ])
    func `What would mean something else in a function is left to Python`(statement: String) {
        #expect(TestPlan("x = 0\ndef check(c):\n    assert c(x) == len([])\n    \(statement)\ncheck(f)\n") == nil)
    }

    @Test(arguments: [
        "import math\nassert f(1) == 2", "for i in range(3):\n    assert f(i) == i", "x = f(1)\nassert x == 1",
        "assert f(g(1)) == 2", "assert f(x=1) == 2", "assert f(*[1]) == 2", "assert f(1)[0] == 2", "assert f.g(1) == 2",
        "assert {x for x in [1]} == f(1)", "assert f(1) == f'{1}'", "assert f(1) == 2j", "assert sum(2, 3) == 5",
        "assert List(1) == 2", "assert f(99999999999999999999) == 1", "assert f(1) ==", "if True:\n    assert f(1)",
        "assert f(lambda: 1) == 2", "\tassert f(1) == 2", "assert f(1) == 2; assert f(2) == 3", "assert f(010) == 8",
        "assert f(1) if g(1) else 2", "assert f('\\ud800') == 1", "a = 1\nassert a(1) == 1", "return 1",
        "assert f(1) # \r\n",
    ])
    func `What is not understood to the last token is left to Python`(code: String) {
        #expect(TestPlan(code) == nil)
    }

    @Test func `Nesting that no test needs is refused, not followed`() {
        #expect(TestPlan("assert " + String(repeating: "(", count: 100_000)) == nil)
        #expect(TestPlan("assert " + String(repeating: "-", count: 100_000) + "1") == nil)
        #expect(TestPlan("assert " + String(repeating: "not ", count: 100_000) + "1") == nil)
    }

    @Test(arguments: [
        ("f(1) == 1", "1.0", true), ("f(1) == 1", "True", true), ("f(1) == True", "1", true),
        ("f(1) is True", "1", false),
        ("f(1) == [1, 2]", "(1, 2)", false), ("f(1) == (1, 2)", "(1, 2.0)", true), ("f(1) == 0.3", "0.1 + 0.2", false),
        ("abs(f(1) - 0.3) < 1e-9", "0.1 + 0.2", true), ("f(1) == {1, 2}", "{2, 1}", true),
        ("f(1) == {'a': 1}", "{'a': True}", true), ("f(1) == 'é'", "'e\\u0301'", false), ("f(1) == '1'", "1", false),
        ("f(1) == None", "False", false), ("not f(1)", "[]", true), ("f(1) in [1, 2]", "2", true),
        ("f(1) != 9007199254740993", "9007199254740992.0", true), ("1 < f(1) <= 3", "3", true),
        ("f(1) == b'x'", "'x'", false), ("len(f(1)) == 2", "'äb'", true), ("sorted(f(1)) == [1, 2]", "{2, 1}", true),
        ("f(1) == -7 + 2 * 3", "-1", true), ("set(f(1)) == {1}", "[1, 1]", true), ("f(1)", "''", false),
        ("f(1) == 1 or f(2) == 2", "1", true), ("f(1) == 'a' 'b' * 2", "'abab'", true),
        ("f(1) == 2 ** 10", "1024", true),
        ("f(1) == [[], {}, ()]", "[[], {}, ()]", true), ("f(1) == {1: {'x': [2.5]}}", "{1: {'x': [2.5]}}", true),
    ])
    func `Assertions hold in Python's terms`(condition: String, value: String, holds: Bool) async throws {
        let code = "assert " + condition
        #expect(TestPlan(code) != nil)
        let verdict = try await sharedPool().judge(job("def f(x):\n    return \(value)\n", [.assert(code: code)]))
        #expect(verdict.outcome == (holds ? .accepted : .wrongAnswer), "\(verdict)")
    }

    @Test func `The first assertion that fails decides, whatever the calls after it do`() async throws {
        let code = "assert f(1) == 1\nassert f(2) == 3, 'two'\nassert f(0) == 3"
        let program = "import os\ndef f(x):\n    if x == 0: os._exit(1)\n    return x\n"
        let after = TestCase.assert(code: "assert f(5) == 5")
        let verdict = try await sharedPool().judge(job(program, [.assert(code: code), after]))
        #expect(verdict.outcome == .wrongAnswer)
        #expect(verdict.diagnostics == "assertion failed: two")
        #expect(verdict.tests.map(\.outcome) == [.wrongAnswer, .accepted])
    }

    @Test(arguments: [
        ("f(1) < [1]", "1", Verdict.Outcome.runtimeError), ("f(1) == 1", "10 ** 30", .wrongAnswer),
        ("f(1) == [1]", "__import__('collections').deque([1])", .wrongAnswer), ("-f(1) == 1", "'x'", .runtimeError),
        ("f(1) + 1 == 2", "2 ** 63 - 1", .wrongAnswer), ("f(1) == f(2)", "10 ** 30", .accepted),
        ("len(f(1)) == 1", "1", .runtimeError),
        ("f(1) == [0, 1]", "range(2)", .wrongAnswer), ("list(f(1)) == [0, 1]", "range(2)", .accepted),
        ("f(1) == {'a': 1}", "__import__('collections').Counter('a')", .accepted),
        ("f(1) == f(1)", "object()", .wrongAnswer),
        ("f(1) == '\u{FFFD}'", "'\\udc80'", .wrongAnswer), ("f(1) == 1", "(x for x in [1])", .wrongAnswer),
    ])
    func `What takes Python to say is asked of Python`(condition: String, value: String, outcome: Verdict.Outcome)
        async throws
    {
        let program = "def f(x):\n    return \(value)\n"
        let verdict = try await sharedPool().judge(job(program, [.assert(code: "assert " + condition)]))
        #expect(verdict.outcome == outcome, "\(verdict)")
    }
}

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

    @Test(arguments: [
        "import math\nassert f(1) == 2", "for i in range(3):\n    assert f(i) == i", "x = f(1)\nassert x == 1",
        "assert f(g(1)) == 2", "assert f(x=1) == 2", "assert f(*[1]) == 2", "assert f(1)[0] == 2", "assert f.g(1) == 2",
        "assert [x for x in [1]] == f(1)", "assert f(1) == f'{1}'", "assert f(1) == 2j", "assert sum(2, 3) == 5",
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

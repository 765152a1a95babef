import Foundation
import Programs
import SandboxRunner
import Testing

@Suite struct CompiledVerdictTests {
    @Test func `C++ reads, writes and exits`() async throws {
        let pool = try await sharedPool()
        let program =
            "#include <bits/stdc++.h>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << \" \\n\"; }\n"
        let tests: [TestCase] = [.stdio(stdin: "1 2", stdout: "3\n"), .stdio(stdin: "5 -7\n", stdout: "-2")]
        let verdict = await pool.judge(job(program, tests, language: .cpp))
        #expect(verdict.outcome == .accepted, "\(verdict)")
        #expect(verdict.compileSeconds > 0)
        let wrong = await pool.judge(job(program, [.stdio(stdin: "1 2", stdout: "4")], language: .cpp))
        #expect(wrong.outcome == .wrongAnswer)
        let failing = "int main() { return 3; }"
        #expect(
            await pool.judge(job(failing, [.stdio(stdin: "", stdout: "")], language: .cpp)).outcome == .runtimeError
        )
        let crashing = "int main() { volatile int *p = nullptr; return *p; }"
        let crash = await pool.judge(job(crashing, [.stdio(stdin: "", stdout: "")], language: .cpp))
        #expect(crash.outcome == .runtimeError)
        #expect(crash.diagnostics.contains("signal 11"))
    }

    @Test func `C++ test code passes only when its main returns`() async throws {
        let pool = try await sharedPool()
        let good = "int twice(int x) { return 2 * x; }\n"
        let test = "#include <stdexcept>\nint main() {\n if (twice(2) != 4) throw std::runtime_error(\"no\");\n}\n"
        let tests = [TestCase.program(code: test)]
        let accepted = await pool.judge(job(good, tests, language: .cpp))
        #expect(accepted.outcome == .accepted, "\(accepted)")
        let hacks = [
            "int twice(int x) { return 5; }",
            "#include <cstdlib>\nint twice(int x) { std::exit(0); }",
            "#include <unistd.h>\nint twice(int x) { _exit(0); }",
            "#include <cstdlib>\nstruct S { S() { std::quick_exit(0); } } s;\nint twice(int x) { return 5; }",
            "#define throw (void)\nint twice(int x) { return 5; }",
            "#define if while (false)\nint twice(int x) { return 5; }",
            "#include <cstdio>\nint twice(int x) { std::puts(\"accepted passed ok 0\"); return 5; }",
            "#define main other\nint twice(int x) { return 5; }\nint main() { return 0; }",
        ]
        for hack in hacks {
            let verdict = await pool.judge(job(hack + "\n", tests, language: .cpp))
            #expect(![.accepted, .infrastructureFailure].contains(verdict.outcome), "\(hack): \(verdict)")
        }
    }

    @Test func `Java reads, writes and runs test code`() async throws {
        let pool = try await sharedPool()
        let program = """
            import java.util.*;
            public class Sum {
                static int twice(int x) { return 2 * x; }
                public static void main(String[] args) { Scanner in = new Scanner(System.in); System.out.println(in.nextInt() + in.nextInt()); }
            }
            """
        let verdict = await pool.judge(job(program, [.stdio(stdin: "1 2", stdout: "3")], language: .java))
        #expect(verdict.outcome == .accepted, "\(verdict)")
        let test = TestCase.program(
            code:
                "class Main { public static void main(String[] a) throws Exception { if (Sum.twice(2) != 4) throw new Exception(\"no\"); } }"
        )
        let tested = await pool.judge(job(program, [test], language: .java))
        #expect(tested.outcome == .accepted, "\(tested)")
        let hacks = ["return 5;", "System.exit(0); return 5;", "Runtime.getRuntime().halt(0); return 5;"]
        for hack in hacks {
            let wrong = "class Sum { static int twice(int x) { \(hack) } }"
            let verdict = await pool.judge(job(wrong, [test], language: .java))
            #expect(![.accepted, .infrastructureFailure].contains(verdict.outcome), "\(hack): \(verdict)")
        }
    }

    @Test(arguments: [
        (Language.cpp, ""), (.cpp, " // nothing\n/* at all */\n"), (.cpp, "int f( { return 1; }"),
        (.java, "/* nothing */"),
        (.java, "class A { int f() { return }"), (.cpp, "#include \"/etc/passwd\"\nint f();"),
    ])
    func `What does not compile is a compile error`(language: Language, program: String) async throws {
        let verdict = try await sharedPool().judge(job(program, [], language: language))
        #expect(verdict.outcome == .compileError, "\(verdict)")
        #expect(!verdict.diagnostics.isEmpty)
    }

    @Test func `Warnings are no failure and a second time costs no compiler`() async throws {
        let pool = try await sharedPool()
        let program =
            "#include <vector>\nint f(int unused) { int x; std::vector<int> v; unsigned n = v.size(); return -1 < n; }\n"
        #expect(await pool.judge(job(program, [], language: .cpp)).outcome == .accepted)
        let java = "import java.util.*;\nclass A { List raw() { return new ArrayList(); } }"
        #expect(await pool.judge(job(java, [], language: .java)).outcome == .accepted)
        let other = job(program, [], language: .cpp) { $0.cpuSeconds = 3 }
        let again = await pool.judge(other)
        #expect(again.outcome == .accepted)
        #expect(again.compileSeconds == 0)
    }

    @Test func `Limits hold for native programs and the compiler`() async throws {
        let pool = try await sharedPool()
        let cases: [(String, Verdict.Outcome)] = [
            ("int main() { for (volatile long i = 0;; i = i + 1) {} }", .timeLimit),
            ("#include <unistd.h>\nint main() { sleep(60); }", .timeLimit),
            ("#include <cstdio>\nint main() { for (;;) std::puts(\"xxxxxxxxxxxxxxxx\"); }", .outputLimit),
            (
                "#include <vector>\nint main() { std::vector<std::vector<char>> v; for (;;) v.emplace_back(1 << 20, 'x'); }",
                .memoryLimit
            ),
        ]
        for (program, outcome) in cases {
            let limited = job(program, [.stdio(stdin: "", stdout: "")], language: .cpp) {
                $0.cpuSeconds = 0.5
                $0.wallSeconds = 2
                $0.memoryBytes = 128 << 20
            }
            let verdict = await pool.judge(limited)
            #expect(verdict.outcome == outcome, "\(program): \(verdict)")
        }
        let bomb =
            "template<int n> struct A { A<n - 1> a; A<n - 2> b; };\nconstexpr long f(long n) { return n < 2 ? 1 : f(n - 1) + f(n - 2); }\nconstexpr long x = f(60);\nint main() { return x; }"
        let compile = await pool.judge(job(bomb, [], language: .cpp) { $0.compileSeconds = 2 })
        #expect(compile.outcome == .compileError, "\(compile)")
    }

    @Test func `A test without a main is our trouble, with its number`() async throws {
        let test = TestCase.program(code: "int g(void);")
        let verdict = try await sharedPool().judge(job("int f(void) { return 1; }", [test], language: .cpp))
        #expect(verdict.outcome == .infrastructureFailure)
        #expect(verdict.diagnostics.contains("test 0"))
    }
}

import Programs
import SandboxRunner
import Testing

/// Programs that are expensive, or nosy, while they are compiled.
@Suite struct CompileBombTests {
    private static let bombs: [(Language, String, String)] = [
        (
            .cpp,
            "constexpr long f(long n) { return n < 2 ? 1 : f(n - 1) + f(n - 2); }\nconstexpr long x = f(60);\nint main() { return x; }",
            // The compiler's own limit, or that on its time where the machine is slow.
            ""
        ),
        (.cpp, "template <int n> struct A { A<n + 1> a; };\nA<0> a;\nint main() {}", "error"),
        (
            .cpp,
            "#define A x x x x x x x x\n#define B A A A A A A A A\n#define C B B B B B B B B\n#define D C C C C C C C C\n#define E D D D D D D D D\n#define F E E E E E E E E\n#define G F F F F F F F F\n#define H G G G G G G G G\nint x; int main() { H H H H; }",
            "the compiler: "
        ),
        (.c, "#include \"/dev/zero\"\nint main(void) { return 0; }", ""),
        (.c, "int x[1 << 28] = {1};\nint main(void) { return x[5]; }", "the compiler: "),
        (.c, "#include \"/etc/shadow\"\nint main(void) { return 0; }", "shadow"),
        (.c, "__asm__(\".incbin \\\"/etc/passwd\\\"\");\nint main(void) { return 0; }", "passwd"),
        (
            .java,
            "class A { static int f(int x) { return " + String(repeating: "(", count: 6000) + "x"
                + String(repeating: ")", count: 6000) + " } }",
            "error"
        ),
        (.csharp, "public class A { int f() { return " + String(repeating: "g(", count: 3000) + "; } }", "error"),
        (.go, "package main\n\nimport \"C\"\n\nfunc main() {}", ""),
        (.go, "package main\n\nvar x [1 << 40]int\n\nfunc main() { x[0] = 1 }", ""),
    ]

    @Test(arguments: bombs)
    func `A compile-time bomb is a compile error that says so`(language: Language, bomb: String, said: String)
        async throws
    {
        let pool = try await sharedPool()
        let limited = job(bomb, [.stdio(stdin: "", stdout: "")], language: language) { $0.compileSeconds = 2 }
        let verdict = await pool.judge(limited)
        #expect(verdict.outcome == .compileError, "\(verdict)")
        #expect(verdict.diagnostics.contains(said) && !verdict.diagnostics.isEmpty, "\(verdict)")
        #expect(!verdict.diagnostics.contains("root:"), "\(verdict)")
        // The slot, and the warm compiler, work on.
        let next = CompiledLanguageTests.samples.first { $0.language == language }
        let program = try #require(next?.program) + (language == .go ? "" : "/* after \(bomb.utf8.count) */")
        let after = await pool.judge(job(program, [], language: language))
        #expect(after.outcome == .accepted, "\(after)")
    }

    @Test func `A warm compiler that runs out of time is replaced`() async throws {
        let pool = try await sharedPool()
        // Inference that doubles with every level.
        let deep = (0..<24).reduce("1") { text, _ in "id(x -> \(text), \(text.count > 400 ? "1" : text))" }
        let program =
            "import java.util.function.*;\nclass A { static <T> T id(Function<T, T> f, T x) { return x; }\n static Object o = \(deep); }"
        let verdict = await pool.judge(job(program, [], language: .java) { $0.compileSeconds = 0.05 })
        #expect(verdict.outcome == .compileError, "\(verdict)")
        let after = await pool.judge(job("class B { int f() { return 1; } }", [], language: .java))
        #expect(after.outcome == .accepted, "\(after)")
    }
}

import Programs
import SandboxRunner
import Testing

/// What JavaScript, PHP and Ruby have in common: every outcome, in every language.
@Suite struct InterpretedVerdictTests {
    static let languages: [Language] = [.javascript, .php, .ruby]

    /// A program that defines `f`, with one parameter and this body.
    static func function(_ body: String, _ language: Language) -> String {
        switch language {
        case .javascript: "function f(x) {\n\(body)\n}\n"
        case .php: "<?php\nfunction f($x) {\n\(body)\n}\n"
        default: "def f(x)\n\(body)\nend\n"
        }
    }

    struct Case: CustomTestStringConvertible {
        var outcome: Verdict.Outcome
        var javaScript: String
        var php: String
        var ruby: String
        var diagnostics = ""

        var testDescription: String { "\(outcome.rawValue): \(ruby)" }
        func body(_ language: Language) -> String { [.javascript: javaScript, .php: php][language] ?? ruby }
    }

    private static let cases = [
        Case(outcome: .accepted, javaScript: "return 2 * x;", php: "return 2 * $x;", ruby: "2 * x"),
        Case(outcome: .wrongAnswer, javaScript: "return x;", php: "return $x;", ruby: "x"),
        Case(outcome: .wrongAnswer, javaScript: "return '4';", php: "return '4';", ruby: "'4'"),
        Case(outcome: .wrongAnswer, javaScript: "return true;", php: "return true;", ruby: "true"),
        Case(outcome: .wrongAnswer, javaScript: "", php: "", ruby: ""),
        Case(
            outcome: .wrongAnswer,
            javaScript: "return new (class A {})();",
            php: "return new DateTime();",
            ruby: "Object.new"
        ),
        Case(
            outcome: .wrongAnswer,
            javaScript: "const a = []; a.push(a); return a;",
            php: "$a = []; for ($i = 0; $i < 500; $i++) $a = [$a]; return $a;",
            ruby: "a = []; a << a"
        ),
        Case(
            outcome: .runtimeError,
            javaScript: "let y;\nreturn y.z;",
            php: "$y = 0;\nreturn intdiv($x, $y);",
            ruby: "y = 0\nx / y",
            diagnostics: "program.LANGUAGE:LINE"
        ),
        Case(outcome: .runtimeError, javaScript: "process.exit(0);", php: "exit(0);", ruby: "exit(0)"),
        Case(
            outcome: .runtimeError,
            javaScript: "process.kill(process.pid, 'SIGKILL');",
            php: "posix_kill(posix_getpid(), 9);",
            ruby: "Process.kill(:KILL, $$)",
            diagnostics: "signal 9"
        ),
        Case(outcome: .timeLimit, javaScript: "for (;;);", php: "for (;;);", ruby: "loop {}"),
        Case(
            outcome: .timeLimit,
            javaScript: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
            php: "sleep(60);",
            ruby: "sleep 60"
        ),
        Case(
            outcome: .memoryLimit,
            javaScript: "const all = []; for (;;) all.push(new Array(1e5).fill(x));",
            php: "$all = []; for (;;) $all[] = range(1, 100000);",
            ruby: "all = []; loop { all << Array.new(100_000, x) }"
        ),
        Case(
            outcome: .outputLimit,
            javaScript: "for (;;) console.log('x'.repeat(65536));",
            php: "for (;;) echo str_repeat('x', 65536);",
            ruby: "loop { print 'x' * 65536 }"
        ),
    ]

    @Test(arguments: languages, cases)
    func `A call has its outcome, and the next run is unaffected`(language: Language, given: Case) async throws {
        let pool = try await sharedPool()
        let test = TestCase.call(function: "f", arguments: [.integer(2)], expected: .integer(4))
        let program = Self.function(given.body(language), language)
        let limited = job(program, [test], language: language) {
            $0.cpuSeconds = 1
            $0.wallSeconds = 3
            $0.outputBytes = 1 << 20
            $0.memoryBytes = 128 << 20
        }
        let verdict = await pool.judge(limited)
        #expect(verdict.outcome == given.outcome, "\(verdict)")
        let line = language == .ruby ? "3" : language == .php ? "4" : "3"
        let wanted = given.diagnostics.replacing("LANGUAGE", with: language.fileExtension).replacing("LINE", with: line)
        #expect(wanted.isEmpty || verdict.diagnostics.contains(wanted), "\(verdict)")
        let right = Self.function(
            [.javascript: "return x + 2;", .php: "return $x + 2;"][language] ?? "x + 2",
            language
        )
        let after = await pool.judge(job(right + "\n\n", [test], language: language) { $0.cpuSeconds = 2 })
        #expect(after.outcome == .accepted, "afterwards: \(after)")
    }

    @Test(arguments: languages)
    func `All tests are counted, and those behind a run that died are run again`(language: Language) async throws {
        let bodies: [Language: String] = [
            .javascript: "if (x === 1) process.exit(0); return 2 * x;",
            .php: "if ($x === 1) exit(0); return 2 * $x;",
        ]
        let program = Self.function(bodies[language] ?? "exit(0) if x == 1\n2 * x", language)
        let tests = [0, 1, 2, 3].map {
            TestCase.call(function: "f", arguments: [.integer($0)], expected: .integer(2 * $0))
        }
        let verdict = try await sharedPool().judge(job(program, tests, language: language))
        #expect(verdict.outcome == .runtimeError, "\(verdict)")
        #expect(verdict.testsPassed == 3 && verdict.testsTotal == 4)
    }

    @Test(arguments: [
        (Language.javascript, ["", " \n", "// only\n/* words */", "function f( {", "let x = ;", "import x fro 'fs'"]),
        (
            .php,
            [
                "", "<?php\n", "<?php # only\n// words\n", "<?php function f( {",
                "<?php\nfunction g() {}\nfunction g() {}",
            ]
        ),
        (.ruby, ["", "# only\n", "def f(", "x = = 1", "class a; end"]),
    ])
    func `What is no program is a compile error`(language: Language, programs: [String]) async throws {
        let pool = try await sharedPool()
        for program in programs {
            let alone = await pool.judge(job(program, [], language: language))
            #expect(alone.outcome == .compileError, "\(program): \(alone)")
            let test = TestCase.call(function: "f", arguments: [], expected: .null)
            let called = await pool.judge(job(program, [test], language: language))
            #expect(called.outcome == .compileError, "\(program): \(called)")
            let run = await pool.judge(job(program, [.stdio(stdin: "", stdout: "")], language: language))
            #expect(run.outcome == .compileError, "\(program): \(run)")
        }
    }

    @Test(arguments: [
        (Language.javascript, "let a = 1;\nlet b = 2;\nlet c = ;\n", "program.js:3"),
        (.javascript, "import a from 'fs';\n\nlet c = = 1;\n", "program.js:3"),
        (.php, "<?php\n$a = 1;\n$b = = 2;\n", "program.php:3"), (.ruby, "a = 1\nb = 2\nc = = 3\n", "program.rb:3"),
    ])
    func `A compile error names its line`(language: Language, program: String, place: String) async throws {
        let verdict = try await sharedPool().judge(job(program, [], language: language))
        #expect(verdict.outcome == .compileError && verdict.diagnostics.contains(place), "\(verdict)")
    }

    @Test(arguments: [
        (Language.javascript, "function f() { return g(); }\nf();\n"),
        (.javascript, "import fs from 'fs';\nexport const x = await import('os');\n"), (.javascript, "return 1;\n"),
        (.php, "<?php\ndeclare(strict_types=1);\nnamespace A;\nuse B\\C;\nexit(1);\n"),
        (.php, "text <?php exit(1); ?>"),
        (.ruby, "def f = g\nf\n"), (.ruby, "puts DATA.read\n__END__\nx"),
    ])
    func `Compiling alone does not run a program`(language: Language, program: String) async throws {
        let verdict = try await sharedPool().judge(job(program, [], language: language))
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }

    private static let sums: [(Language, String)] = [
        (
            .javascript,
            "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);\nconsole.log(a + b, '');\n"
        ),
        (
            .javascript,
            "let t = '';\nprocess.stdin.on('data', (d) => t += d).on('end', () => console.log(eval(t.replace(' ', '+'))));\n"
        ),
        (
            .javascript,
            "import fs from 'node:fs';\nconst [a, b] = fs.readFileSync('/dev/stdin', 'utf8').split(' ');\nconsole.log(+a + +b);\n"
        ),
        (.php, "<?php\n[$a, $b] = explode(' ', trim(fgets(STDIN)));\necho $a + $b, ' ';\n"),
        (.php, "<?php fscanf(STDIN, '%d %d', $a, $b); printf(\"%d\\n\", $a + $b);"),
        (.ruby, "a, b = gets.split.map(&:to_i)\nputs a + b\n"),
        (.ruby, "puts STDIN.read.split.sum(&:to_i) if __FILE__ == $0\n"),
    ]

    @Test(arguments: sums)
    func `Standard output is compared by words and the exit status counts`(
        language: Language,
        program: String
    ) async throws {
        let pool = try await sharedPool()
        let right = await pool.judge(job(program, [.stdio(stdin: "3 4\n", stdout: "7\n")], language: language))
        #expect(right.outcome == .accepted, "\(right)")
        let wrong = await pool.judge(job(program, [.stdio(stdin: "3 4\n", stdout: "8\n")], language: language))
        #expect(wrong.outcome == .wrongAnswer, "\(wrong)")
        let leave: [Language: String] = [.javascript: "process.exitCode = 1;", .php: "\nexit(1);"]
        let status = program.contains("?>") ? "" : (leave[language] ?? "exit(1)")
        let failing = await pool.judge(
            job(program + status, [.stdio(stdin: "3 4\n", stdout: "7\n")], language: language)
        )
        #expect(failing.outcome == .runtimeError, "\(failing)")
    }

    @Test(arguments: [
        (Language.javascript, "\nfunction g() { throw new Error('no'); }\ng();\n", "program.js:2"),
        (.php, "<?php\n\nthrow new Exception('no');\n", "program.php:3"), (.ruby, "\n\nraise 'no'\n", "program.rb:3"),
    ])
    func `An error that ends a program names its line`(language: Language, program: String, place: String) async throws
    {
        let verdict = try await sharedPool().judge(job(program, [.stdio(stdin: "", stdout: "")], language: language))
        #expect(verdict.outcome == .runtimeError && verdict.diagnostics.contains(place), "\(verdict)")
    }
}

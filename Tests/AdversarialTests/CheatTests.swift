import Foundation
import Programs
import SandboxRunner
import Testing

/// Wrong programs that try to be accepted: items 66 to 78.
///
/// The right answer to `f(2)` is 4. Each cheat first takes in a runner that believes an exit status of 0.
@Suite(.serialized) struct CheatTests {
    struct Cheat: Sendable, CustomStringConvertible {
        var name: String
        var language: Language
        var source: String

        var description: String { name }
    }

    /// How the question is put in a language, and what an interpreter of it is called; compiled ones need none.
    private struct Question {
        var right: String
        var test: String
        var interpreter: [String] = []
    }

    private static let questions: [Language: Question] = [
        .python: Question(
            right: "def f(x):\n    return x + 2\n",
            test: "\nassert f(2) == 4\n",
            interpreter: ["/usr/bin/python3", "program.py"]
        ),
        .c: Question(
            right: "int f(int x) { return x + 2; }\n",
            test: "\n#include <assert.h>\nint main(void) {\n    assert(f(2) == 4);\n    return 0;\n}\n"
        ),
        .cpp: Question(
            right: "int f(int x) { return x + 2; }\n",
            test: "\n#include <cassert>\nint main() {\n    assert(f(2) == 4);\n    return 0;\n}\n"
        ),
        .java: Question(
            right: "class Solution {\n    static int f(int x) { return x + 2; }\n}\n",
            test: """

                public class Main {
                    public static void main(String[] arguments) {
                        if (Solution.f(2) != 4) throw new AssertionError();
                    }
                }

                """
        ),
        .javascript: Question(
            right: "function f(x) { return x + 2; }\n",
            test: "\nconst assert = require('assert');\nassert.strictEqual(f(2), 4);\n",
            interpreter: ["/usr/bin/node", "program.js"]
        ),
        .php: Question(
            right: "<?php\nfunction f($x) { return $x + 2; }\n",
            test: "\nif (f(2) !== 4) throw new Exception('wrong');\n",
            interpreter: ["/usr/bin/php", "program.php"]
        ),
        .ruby: Question(
            right: "def f(x) = x + 2\n",
            test: "\nraise 'wrong' unless f(2) == 4\n",
            interpreter: ["/usr/bin/ruby", "program.rb"]
        ),
        .go: Question(
            right: "package main\n\nfunc f(x int) int { return x + 2 }\n",
            test: "\nfunc main() {\n\tif f(2) != 4 {\n\t\tpanic(\"wrong\")\n\t}\n}\n"
        ),
        .csharp: Question(
            right: "using System;\nclass Solution { public static int F(int x) { return x + 2; } }\n",
            test: """

                class Program {
                    static void Main() {
                        if (!(Solution.F(2) == 4)) throw new Exception("wrong");
                    }
                }

                """
        ),
    ]

    static func all() throws -> [Cheat] {
        let root = AdversarialProgram.directory.appending(path: "Cheats")
        return try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted().compactMap { path in
            let file = root.appending(path: path)
            guard let language = AdversarialProgram.languages[file.pathExtension] else { return nil }
            return Cheat(name: path, language: language, source: try String(contentsOf: file, encoding: .utf8))
        }
    }

    private static var limits: ExecutionLimits {
        var limits = ExecutionLimits()
        (limits.cpuSeconds, limits.wallSeconds) = (4, 20)
        return limits
    }

    /// A runner that asks for nothing but an exit status of 0, in the same slots: an interpreter on a file that holds the
    /// program and its test, or the compiled whole of them.
    private static func plainRun(_ source: String, _ language: Language, _ question: Question) -> ExecutionJob {
        guard question.interpreter.count == 2 else {
            return job(source + question.test, language, [.stdio(stdin: "", stdout: "")])
        }
        let (interpreter, file) = (question.interpreter[0], question.interpreter[1])
        let launcher = """
            #include <cstdio>
            #include <unistd.h>
            int main() {
                char text[65536];
                std::size_t count = std::fread(text, 1, sizeof text, stdin);
                std::FILE *file = std::fopen("\(file)", "w");
                std::fwrite(text, 1, count, file);
                std::fclose(file);
                std::freopen("/dev/null", "r", stdin);
                execl("\(interpreter)", "\(interpreter)", "\(file)", nullptr);
                return 127;
            }
            """
        return job(launcher, .cpp, [.stdio(stdin: source + question.test, stdout: "")])
    }

    private static func job(_ program: String, _ language: Language, _ tests: [TestCase]) -> ExecutionJob {
        ExecutionJob(id: "cheat", language: language, program: program, tests: tests, limits: limits)
    }

    /// The judge's own ways of asking.
    private static func tests(_ language: Language, _ question: Question) -> [TestCase] {
        let code = language == .php ? "<?php" + question.test : question.test
        let name = language == .csharp ? "F" : "f"
        let call = TestCase.call(function: name, arguments: [.integer(2)], expected: .integer(4))
        switch language {
        case .python:
            let check =
                "def check(candidate):\n    assert candidate(2) == 4\n    assert abs(candidate(2) - 4) < 1e-6\ncheck(f)"
            return [call, .assert(code: "assert f(2) == 4"), .program(code: check)]
        default: return [call, .program(code: code)]
        }
    }

    @Test func `The right program is accepted by the plain runner and by the judge`() async throws {
        let pool = try await makePool(slots: 2, firstUser: firstUser + 200)
        let toolChains = await pool.toolChains
        for (language, question) in Self.questions where toolChains[language] != nil {
            #expect(await pool.judge(Self.plainRun(question.right, language, question)).outcome == .accepted)
            for test in Self.tests(language, question) {
                let verdict = await pool.judge(Self.job(question.right, language, [test]))
                #expect(verdict.outcome == .accepted, "\(language) \(test): \(verdict)")
            }
            let wrong = question.right.replacingOccurrences(of: "x + 2", with: "x + 3")
                .replacingOccurrences(of: "$x + 2", with: "$x + 3")
            let plain = await pool.judge(Self.plainRun(wrong, language, question))
            #expect(plain.outcome == .runtimeError, "a plain runner sees an honest mistake: \(language) \(plain)")
        }
        await pool.shutdown()
    }

    @Test func `No cheat that takes in a plain runner is accepted by the judge`() async throws {
        let pool = try await makePool(slots: 2, firstUser: firstUser + 210)
        let toolChains = await pool.toolChains
        let cheats = try Self.all().filter { toolChains[$0.language] != nil }
        #expect(try Self.all().count >= 100)
        #expect(cheats.count >= 60)
        let faults = await withTaskGroup(of: [String].self) { group in
            for cheat in cheats {
                group.addTask {
                    guard let question = Self.questions[cheat.language] else { return ["\(cheat): no question"] }
                    var faults: [String] = []
                    // Exit status 0, whatever was printed.
                    let plain = await pool.judge(Self.plainRun(cheat.source, cheat.language, question))
                    if plain.outcome != .accepted && plain.outcome != .wrongAnswer {
                        faults.append("\(cheat): does not take in a plain runner: \(plain)")
                    }
                    for test in Self.tests(cheat.language, question) {
                        let verdict = await pool.judge(Self.job(cheat.source, cheat.language, [test]))
                        if verdict.outcome == .accepted || verdict.outcome == .infrastructureFailure {
                            faults.append("\(cheat): \(verdict.outcome.rawValue) by \(test): \(verdict.diagnostics)")
                        }
                    }
                    return faults
                }
            }
            return await group.reduce(into: [String]()) { $0 += $1 }
        }
        #expect(faults.sorted() == [])
        await pool.shutdown()
    }
}

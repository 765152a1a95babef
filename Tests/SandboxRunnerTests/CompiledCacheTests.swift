import Foundation
import Programs
import SandboxRunner
import Testing

/// What is kept of compiled programs, and what a program cannot do to it.
@Suite struct CompiledCacheTests {
    @Test(arguments: CompiledLanguageTests.samples)
    func `The same program with other tests is not compiled again`(sample: CompiledLanguageTests.Sample) async throws {
        let pool = try await sharedPool()
        // A program of this test's own, so that no other test has compiled it.
        let program = sample.with(body: "return 2 * x + 0;")
        let pairs: [(TestCase, TestCase)] = [
            (.stdio(stdin: "1 2", stdout: "3"), .stdio(stdin: "2 2", stdout: "4")),
            (
                .call(function: "twice", arguments: [.integer(2)], expected: .integer(4)),
                .call(function: "twice", arguments: [.integer(3)], expected: .integer(6))
            ),
        ]
        for (first, second) in pairs {
            let compiled = await pool.judge(job(program, [first], language: sample.language))
            #expect(compiled.outcome == .accepted && compiled.compileSeconds > 0, "\(compiled)")
            let kept = await pool.judge(job(program, [second], language: sample.language))
            #expect(kept.outcome == .accepted && kept.compileSeconds == 0, "\(kept)")
        }
    }

    @Test func `What is prepared on the machine is read-only in a slot`() async throws {
        let program = """
            #include <dirent.h>
            #include <fcntl.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <sys/stat.h>
            #include <unistd.h>
            int attacks(void) {
                int seen = 0, won = 0;
                DIR *languages = opendir("/prepared");
                for (struct dirent *entry; languages && (entry = readdir(languages));) {
                    char path[600], other[700];
                    snprintf(path, sizeof path, "/prepared/%s", entry->d_name);
                    if (entry->d_name[0] == '.') continue;
                    seen++;
                    snprintf(other, sizeof other, "%s/new", path);
                    won += open(other, O_CREAT | O_WRONLY, 0600) >= 0;
                    won += chmod(path, 0777) == 0;
                    won += mkdir(other, 0777) == 0;
                    won += rename(path, "/w/mine") == 0;
                }
                char *files[] = {"cpp/usual/bits/stdc++.h.gch", "java/ppocoder/Harness.class", "csharp/harness.exe", "go/ppocoder/calls.a"};
                for (int i = 0; i < 4; i++) {
                    char path[600];
                    snprintf(path, sizeof path, "/prepared/%s", files[i]);
                    won += open(path, O_WRONLY) >= 0;
                    won += unlink(path) == 0;
                    won += truncate(path, 0) == 0;
                    seen += access(path, R_OK) == 0;
                }
                return won ? -1 : seen;
            }
            """
        let test = TestCase.call(function: "attacks", arguments: [], expected: .integer(8))
        let verdict = try await sharedPool().judge(job(program, [test], language: .c))
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }

    @Test func `A header that few programs use is there for those that do`() async throws {
        let pool = try await sharedPool()
        let head = "#include <bits/stdc++.h>\nusing namespace std;\n"
        let programs = [
            "int f(string s) { return regex_match(s, regex(\"a+\")); }",
            "int f(string s) { auto t = 10ms; return t.count() == 10; }",
            "int f(string s) { complex<double> c = 2.0i; return c.imag() == 2; }",
            "int f(string s) { any a = 1; variant<int, string> v = 1; return any_cast<int>(a) == get<int>(v); }",
            "int f(string s) { mt19937 g(1); atomic<int> n{1}; valarray<int> v{1}; return g() != 0 && n == v[0]; }",
        ]
        for program in programs {
            let test = TestCase.call(function: "f", arguments: [.string("aaa")], expected: .integer(1))
            let verdict = await pool.judge(job(head + program + "\n", [test], language: .cpp))
            #expect(verdict.outcome == .accepted, "\(program): \(verdict)")
        }
        // Names that only those headers have are free for programs that do not want the library's.
        let own =
            "#include <bits/stdc++.h>\nstruct regex { int x; };\nint f(std::string s) { regex r{1}; return r.x; }\n"
        let test = TestCase.call(function: "f", arguments: [.string("")], expected: .integer(1))
        #expect(await pool.judge(job(own, [test], language: .cpp)).outcome == .accepted)
        let ambiguous = head + "struct regex { int x; };\nint f(string s) { regex r{1}; return r.x; }\n"
        #expect(await pool.judge(job(ambiguous, [test], language: .cpp)).outcome == .compileError)
    }

    @Test(arguments: [
        "#include <bits/stdc++.h>\n#include <bits/stdc++.h>\n", "#include <iostream>\n#include <bits/stdc++.h>\n",
    ])
    func `The header may come twice, and after another`(head: String) async throws {
        let program = head + "int main() { std::cout << std::max(1, 2); }\n"
        let verdict = try await sharedPool().judge(job(program, [.stdio(stdin: "", stdout: "2")], language: .cpp))
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }
}

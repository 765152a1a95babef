import Foundation
import Programs
import SandboxRunner
import Testing

/// One program in each compiled language, and every verdict it can get.
@Suite struct CompiledLanguageTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var language: Language
        /// Defines `twice`, `half`, `sum`, `greet`, `range` and `even`, and adds two numbers from standard input.
        var program: String
        /// What is called to get the sum of three numbers.
        var sumArguments: [JSONValue] = [.array([.integer(1), .integer(2), .integer(3)])]
        var range = "range"
        /// Test code about `twice(2)`.
        var test: String
        /// Put before a function's name in test code.
        var prefix = ""
        /// Statements that a method may consist of.
        var loop: String
        var flood: String
        var hoard: String
        var crash: String

        var testDescription: String { language.rawValue }

        func with(body: String) -> String { program.replacingOccurrences(of: "return 2 * x;", with: body) }
    }

    static let samples = [
        Sample(
            language: .c,
            program: """
                #include <stdio.h>
                #include <stdlib.h>
                #include <stdbool.h>
                int twice(int x) { return 2 * x; }
                double half(double x) { return x / 2; }
                int sum(const int *values, int count) { int s = 0; for (int i = 0; i < count; i++) s += values[i]; return s; }
                char *greet(const char *name) { char *text = malloc(64); sprintf(text, "hi %s", name); return text; }
                int *range(int n, int *size) { int *all = malloc(4 * n + 4); for (int i = 0; i < n; i++) all[i] = i; *size = n; return all; }
                bool even(long long x) { return x % 2 == 0; }
                int main(void) { int a, b; if (scanf("%d %d", &a, &b) == 2) printf("%d\\n", a + b); }

                """,
            sumArguments: [.array([.integer(1), .integer(2), .integer(3)]), .integer(3)],
            test: "#include <assert.h>\nint main(void) { assert(twice(2) == 4); }\n",
            loop: "for (volatile int i = 0;; i = 1) {} return x;",
            flood: "for (;;) fputs(\"xxxxxxxxxxxxxxxx\", stderr);",
            hoard:
                "for (;;) { volatile char *p = malloc(1 << 20); if (p) for (int i = 0; i < 1 << 20; i += 4096) p[i] = 1; }",
            crash: "return *(volatile int *)0;"
        ),
        Sample(
            language: .cpp,
            program: """
                #include <bits/stdc++.h>
                using namespace std;
                #define int long long
                int twice(int x) { return 2 * x; }
                double half(double x) { return x / 2; }
                int sum(const vector<int> &values) { return accumulate(values.begin(), values.end(), 0ll); }
                string greet(string name) { return "hi " + name; }
                vector<int> range(int n) { vector<int> all(n); iota(all.begin(), all.end(), 0); return all; }
                bool even(int x) { return x % 2 == 0; }
                signed main() { int a, b; cin >> a >> b; cout << a + b << endl; }

                """,
            test: "int main() { if (twice(2) != 4) throw std::runtime_error(\"twice is wrong\"); }\n",
            loop: "for (volatile int i = 0;; i = 1) {} return x;",
            flood: "for (;;) fputs(\"xxxxxxxxxxxxxxxx\", stderr);",
            hoard: "vector<vector<char>> all; for (;;) all.emplace_back(1 << 20, 'x');",
            crash: "return *(volatile int *)0;"
        ),
        Sample(
            language: .java,
            program: """
                import java.util.*;
                public class Main {
                    static int twice(int x) { return 2 * x; }
                    static double half(double x) { return x / 2; }
                    static int sum(int[] values) { int s = 0; for (int v : values) s += v; return s; }
                    String greet(String name) { return "hi " + name; }
                    static List<Integer> range(int n) { List<Integer> all = new ArrayList<>(); for (int i = 0; i < n; i++) all.add(i); return all; }
                    static boolean even(long x) { return x % 2 == 0; }
                    public static void main(String[] a) { Scanner in = new Scanner(System.in); System.out.println(in.nextInt() + in.nextInt()); }
                }

                """,
            test:
                "class T { public static void main(String[] a) throws Exception { if (Main.twice(2) != 4) throw new Exception(\"twice is wrong\"); } }\n",
            prefix: "Main.",
            loop: "while (true) { if (x < 0) return x; }",
            flood: "while (true) { System.err.print(\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"); if (x < 0) return x; }",
            hoard:
                "List<int[]> all = new ArrayList<>(); while (true) { all.add(new int[1 << 18]); if (x < 0) return x; }",
            crash: "return ((int[]) null)[0];"
        ),
        Sample(
            language: .csharp,
            program: """
                using System;
                using System.Linq;
                using System.Collections.Generic;
                public class P {
                    public static int twice(int x) { return 2 * x; }
                    static double half(double x) { return x / 2; }
                    static int sum(List<int> values) { return values.Sum(); }
                    string greet(string name) { return "hi " + name; }
                    static IEnumerable<int> range(int n) { return Enumerable.Range(0, n); }
                    static bool even(long x) { return x % 2 == 0; }
                    public static void Main() { var p = Console.ReadLine().Split(' '); Console.WriteLine(int.Parse(p[0]) + int.Parse(p[1])); }
                }

                """,
            test:
                "public class T { public static void Main() { if (P.twice(2) != 4) throw new Exception(\"twice is wrong\"); } }\n",
            prefix: "P.",
            loop: "while (true) { if (x < 0) return x; }",
            flood: "while (true) { Console.Error.Write(\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"); if (x < 0) return x; }",
            hoard:
                "var all = new List<int[]>(); while (true) { var a = new int[1 << 18]; for (int i = 0; i < a.Length; i += 512) a[i] = 1; all.Add(a); if (x < 0) return x; }",
            crash: "return ((int[])null)[0];"
        ),
        Sample(
            language: .go,
            program: """
                package main

                import (
                	"fmt"
                	"os"
                )

                func twice(x int) int { return 2 * x; }
                func half(x float64) float64 { return x / 2 }
                func sum(values []int) (s int) { for _, v := range values { s += v }; return }
                func greet(name string) string { return "hi " + name }
                func rangeTo(n int) []int { all := []int{}; for i := 0; i < n; i++ { all = append(all, i) }; return all }
                func even(x int64) bool { return x%2 == 0 }
                func main() { var a, b int; fmt.Fscan(os.Stdin, &a, &b); fmt.Println(a + b) }

                """,
            range: "rangeTo",
            test: "func main() {\n\tif twice(2) != 4 {\n\t\tpanic(\"twice is wrong\")\n\t}\n}\n",
            loop: "for { if x < 0 { return x } }",
            flood: "for { fmt.Fprint(os.Stderr, \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"); if x < 0 { return x } }",
            hoard:
                "all := [][]byte{}; for { b := make([]byte, 1<<20); for i := range b { b[i] = 1 }; all = append(all, b); if len(all) < 0 { return x } }",
            crash: "var p *int; return *p"
        ),
    ]

    @Test(arguments: samples)
    func `A right program is accepted in every kind of test`(sample: Sample) async throws {
        let pool = try await sharedPool()
        func verdict(_ tests: [TestCase]) async -> Verdict {
            await pool.judge(job(sample.program, tests, language: sample.language))
        }
        let kinds: [[TestCase]] = [
            [], [.stdio(stdin: "1 2", stdout: "3\n"), .stdio(stdin: "5 -7\n", stdout: "-2")],
            [.program(code: sample.test)],
            [
                .call(function: "twice", arguments: [.integer(2)], expected: .integer(4)),
                .call(function: "half", arguments: [.integer(3)], expected: .number(1.5)),
                .call(function: "half", arguments: [.number(-2.5)], expected: .number(-1.25)),
                .call(function: "sum", arguments: sample.sumArguments, expected: .integer(6)),
                .call(function: "greet", arguments: [.string("äß\n")], expected: .string("hi äß\n")),
                .call(
                    function: sample.range,
                    arguments: [.integer(3)],
                    expected: .array([.integer(0), .integer(1), .integer(2)])
                ),
                .call(function: sample.range, arguments: [.integer(0)], expected: .array([])),
                .call(function: "even", arguments: [.integer(1 << 40)], expected: .bool(true)),
                .call(function: "even", arguments: [.integer(-(1 << 40) - 1)], expected: .bool(false)),
            ],
            [.assert(code: "\(sample.prefix)twice(3) == 6"), .assert(code: "\(sample.prefix)twice(3) + 1 == 7")],
        ]
        for tests in kinds {
            let verdict = await verdict(tests)
            #expect(verdict.outcome == .accepted, "\(verdict)")
            #expect(verdict.testsPassed == tests.count)
        }
    }

    @Test(arguments: samples)
    func `A wrong program is a wrong answer in every kind of test`(sample: Sample) async throws {
        let pool = try await sharedPool()
        let wrong = sample.with(body: "return 5;")
        let kinds: [TestCase] = [
            .program(code: sample.test), .call(function: "twice", arguments: [.integer(2)], expected: .integer(4)),
            .assert(code: "\(sample.prefix)twice(3) == 6"), .assert(code: "\(sample.prefix)twice(3) + 1 == 7"),
            .stdio(stdin: "1 2", stdout: "4"),
        ]
        for test in kinds {
            let verdict = await pool.judge(job(wrong, [test], language: sample.language))
            #expect(verdict.outcome == .wrongAnswer, "\(test): \(verdict)")
        }
    }

    @Test(arguments: samples)
    func `Limits and crashes end one call and not the others`(sample: Sample) async throws {
        let pool = try await sharedPool()
        let cases: [(String, Verdict.Outcome)] = [
            (sample.loop, .timeLimit), (sample.flood, .outputLimit), (sample.hoard, .memoryLimit),
            (sample.crash, .runtimeError),
        ]
        let tests: [TestCase] = [
            .call(function: "half", arguments: [.integer(1)], expected: .number(0.5)),
            .call(function: "twice", arguments: [.integer(2)], expected: .integer(4)),
            .call(function: "half", arguments: [.integer(5)], expected: .number(2.5)),
        ]
        for (body, outcome) in cases {
            let limited = job(sample.with(body: body), tests, language: sample.language) {
                $0.cpuSeconds = 1
                $0.wallSeconds = 20
                $0.memoryBytes = 128 << 20
            }
            let verdict = await pool.judge(limited)
            #expect(verdict.outcome == outcome, "\(body): \(verdict)")
            #expect(verdict.testsPassed == 2, "\(body): \(verdict)")
        }
    }

    @Test(arguments: samples)
    func `A compile error names the program's own line`(sample: Sample) async throws {
        let pool = try await sharedPool()
        let broken = sample.with(body: "return 2 * undeclared;")
        let before = broken.components(separatedBy: "undeclared")[0]
        let line = before.components(separatedBy: "\n").count
        let tests: [[TestCase]] = [
            [], [.program(code: "\n\n" + sample.test)], [.stdio(stdin: "", stdout: "")],
            [.call(function: "half", arguments: [.integer(1)], expected: .number(0.5))],
        ]
        for tests in tests {
            let verdict = await pool.judge(job(broken, tests, language: sample.language))
            #expect(verdict.outcome == .compileError, "\(verdict)")
            let places = [":\(line):", "(\(line),"]
            #expect(places.contains { verdict.diagnostics.contains($0) }, "line \(line): \(verdict.diagnostics)")
        }
    }

    @Test(arguments: samples)
    func `What cannot be called is the program's fault`(sample: Sample) async throws {
        let pool = try await sharedPool()
        let cases: [TestCase] = [
            .call(function: "missing", arguments: [.integer(1)], expected: .integer(1)),
            .call(function: "twice", arguments: [.integer(1), .integer(2)], expected: .integer(1)),
            .call(function: "twice", arguments: [.string("one")], expected: .integer(1)),
        ]
        for test in cases {
            let verdict = await pool.judge(job(sample.program, [test], language: sample.language))
            #expect([.compileError, .runtimeError].contains(verdict.outcome), "\(test): \(verdict)")
        }
    }

    @Test(arguments: samples)
    func `What one program leaves behind the next does not see`(sample: Sample) async throws {
        let pool = try await sharedPool()
        // The same compilation again, by another program in between: neither cache nor compiler mixes them up.
        let other = sample.with(body: "return 3 * x;")
        for (program, result) in [(sample.program, 4), (other, 6), (sample.program, 4)] {
            let test = TestCase.call(function: "twice", arguments: [.integer(2)], expected: .integer(result))
            let verdict = await pool.judge(job(program, [test], language: sample.language))
            #expect(verdict.outcome == .accepted, "\(verdict)")
        }
        #expect(survivors(of: firstUser..<firstUser + 2).isEmpty)
    }
}

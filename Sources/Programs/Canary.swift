/// A small program of one language whose verdicts are known beforehand: it prints twice the number it reads.
package struct Canary: Sendable {
    package let language: Language

    /// One for each language.
    package static let all: [Canary] = Language.allCases.map { Canary(language: $0) }

    /// What is wrong with the judgements of `judge`; nil when the right program passes and the wrong one does not.
    package func complaint(_ judge: @Sendable (ExecutionJob) async -> Verdict) async -> String? {
        let right = await judge(job(expecting: "42\n"))
        guard right.outcome == .accepted else {
            return "a right program was judged \(right.outcome.rawValue): \(right.diagnostics)"
        }
        let wrong = await judge(job(expecting: "43\n"))
        guard wrong.outcome == .wrongAnswer else {
            return "a wrong program was judged \(wrong.outcome.rawValue): \(wrong.diagnostics)"
        }
        return nil
    }

    /// A job whose verdict is `accepted`, and one whose verdict is `wrong_answer`.
    package var known: [(job: ExecutionJob, outcome: Verdict.Outcome)] {
        [(job(expecting: "42\n"), .accepted), (job(expecting: "43\n"), .wrongAnswer)]
    }

    private func job(expecting output: String) -> ExecutionJob {
        var limits = ExecutionLimits()
        // The Java virtual machine reserves far more than it uses.
        limits.memoryBytes = 1 << 30
        return ExecutionJob(
            id: "canary",
            language: language,
            program: Self.program(in: language),
            tests: [.stdio(stdin: "21\n", stdout: output)],
            limits: limits
        )
    }

    /// A program that is known to be good.
    package static func program(in language: Language) -> String {
        switch language {
        case .python: "print(int(input()) * 2)\n"
        case .c: "#include <stdio.h>\nint main(void) { int x; scanf(\"%d\", &x); printf(\"%d\", 2 * x); return 0; }\n"
        case .cpp: "#include <iostream>\nint main() { int x; std::cin >> x; std::cout << 2 * x << std::endl; }\n"
        case .java:
            """
            public class Main {
                public static void main(String[] arguments) throws Exception {
                    byte[] line = System.in.readAllBytes();
                    System.out.println(2 * Integer.parseInt(new String(line).trim()));
                }
            }

            """
        case .csharp:
            """
            using System;
            class Program {
                static void Main() { Console.WriteLine(2 * int.Parse(Console.ReadLine().Trim())); }
            }

            """
        case .php: "<?php\necho 2 * intval(trim(fgets(STDIN))), \"\\n\";\n"
        case .javascript: "console.log(2 * Number(require('fs').readFileSync(0, 'utf8')));\n"
        case .go:
            """
            package main

            import "fmt"

            func main() {
                var x int
                fmt.Scan(&x)
                fmt.Println(2 * x)
            }

            """
        case .ruby: "puts 2 * gets.to_i\n"
        }
    }
}

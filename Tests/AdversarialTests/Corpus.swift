import Foundation
import Programs

/// A program that means harm, and what must become of it.
///
/// Its first comment says so: `must: OUTCOME|OUTCOME; key value; …`. Keys: `cpu` and `wall` in seconds, `memory` in MiB,
/// `processes`, `output` in bytes, `compile` in seconds, `prints TEXT` or `prints COUNT TEXT` (what an accepted program
/// prints; `held` if nothing is said), `stdin COUNT` (bytes sent), `times COUNT` (the same test so many times), and `never
/// TEXT` (what may not appear in the diagnostics).
struct AdversarialProgram: Sendable {
    var name: String
    var outcomes: Set<Verdict.Outcome>
    var forbiddenText: String?
    var job: ExecutionJob

    static let directory = URL(filePath: #filePath).deletingLastPathComponent()

    /// The languages by the extensions of their files.
    static let languages: [String: Language] = Dictionary(
        uniqueKeysWithValues: Language.allCases.map { ($0.fileExtension, $0) }
    )

    /// What can be wrong with a file of the corpus.
    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    init(name: String, language: Language, source: String) throws {
        let first = source.split(separator: "\n", omittingEmptySubsequences: false).prefix(2)
            .first { $0.contains(" must: ") }
        guard let first, let start = first.range(of: " must: ") else {
            throw Malformed(description: "\(name): no must:")
        }
        let parts = first[start.upperBound...].split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        outcomes = Set(
            try parts[0].split(separator: "|").map { word in
                guard let outcome = Verdict.Outcome(rawValue: String(word)) else {
                    throw Malformed(description: "\(name): no outcome \(word)")
                }
                return outcome
            }
        )
        var limits = ExecutionLimits()
        (limits.cpuSeconds, limits.wallSeconds, limits.memoryBytes) = (2, 15, 256 << 20)
        (limits.processes, limits.outputBytes, limits.compileSeconds) = (32, 2 << 20, 10)
        var expected = "held"
        var input = ""
        var times = 1
        for part in parts.dropFirst() {
            let words = part.split(separator: " ", maxSplits: 1).map(String.init)
            let value = words.count > 1 ? words[1] : ""
            switch words[0] {
            case "cpu": limits.cpuSeconds = Double(value) ?? -1
            case "wall": limits.wallSeconds = Double(value) ?? -1
            case "compile": limits.compileSeconds = Double(value) ?? -1
            case "memory": limits.memoryBytes = (Int(value) ?? -1) << 20
            case "processes": limits.processes = Int(value) ?? -1
            case "output": limits.outputBytes = Int(value) ?? -1
            case "stdin": input = String(repeating: "x", count: Int(value) ?? 0)
            case "times": times = Int(value) ?? -1
            case "never": forbiddenText = value
            case "prints":
                let text = value.split(separator: " ").map(String.init)
                expected = text.count == 1 ? text[0] : String(repeating: text[1], count: Int(text[0]) ?? -1)
            default: throw Malformed(description: "\(name): no key \(words[0])")
            }
        }
        self.name = name
        job = ExecutionJob(
            id: name,
            language: language,
            program: source,
            tests: Array(repeating: .stdio(stdin: input, stdout: expected), count: times),
            limits: limits
        )
    }

    /// All programs, by the directory of their item; a directory's programs in the order of their names.
    static func all() throws -> [[AdversarialProgram]] {
        let root = directory.appending(path: "Programs")
        let items = try FileManager.default.contentsOfDirectory(atPath: root.path).sorted()
        return try items.map { item in
            try FileManager.default.contentsOfDirectory(atPath: root.appending(path: item).path).sorted().map { file in
                let path = root.appending(path: "\(item)/\(file)")
                guard let language = languages[path.pathExtension] else {
                    throw Malformed(description: "\(item)/\(file): no such language")
                }
                let source = try String(contentsOf: path, encoding: .utf8)
                return try AdversarialProgram(name: "\(item)/\(file)", language: language, source: source)
            }
        }
    }

    /// A harmless program of a language, to see whether a slot still works.
    static func canary(_ language: Language) -> ExecutionJob {
        let program =
            switch language {
            case .python: "import os\nprint(int(input()) * 2 + len(os.listdir('/w')) + len(os.listdir('/tmp')))"
            case .c: "#include <stdio.h>\nint main(void) { int x; scanf(\"%d\", &x); printf(\"%d\\n\", 2 * x); }"
            case .cpp: "#include <cstdio>\nint main() { int x; scanf(\"%d\", &x); printf(\"%d\\n\", 2 * x); }"
            case .java:
                """
                public class Main {
                    public static void main(String[] a) { System.out.println(2 * new java.util.Scanner(System.in).nextInt()); }
                }
                """
            case .javascript: "console.log(2 * Number(require('fs').readFileSync(0, 'utf8')));"
            case .php: "<?php\necho 2 * (int) fgets(STDIN);"
            case .ruby: "puts 2 * gets.to_i"
            case .go:
                "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tvar x int\n\tfmt.Scan(&x)\n\tfmt.Println(2 * x)\n}\n"
            case .csharp:
                """
                using System;
                class Program { static void Main() { Console.WriteLine(2 * int.Parse(Console.ReadLine())); } }
                """
            }
        var limits = ExecutionLimits()
        (limits.cpuSeconds, limits.wallSeconds) = (10, 60)
        return ExecutionJob(
            id: "canary",
            language: language,
            program: program,
            tests: [.stdio(stdin: "21\n", stdout: "42")],
            limits: limits
        )
    }
}

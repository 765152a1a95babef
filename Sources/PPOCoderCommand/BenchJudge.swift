import ArgumentParser
import Datasets
import Foundation
import Learner
import Programs
import SandboxRunner
import Telemetry

/// `ppocoder bench judge`: verdicts per second.
struct BenchJudgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge",
        abstract:
            "Judges reference programs of built-in problems, short ones in JavaScript, PHP and Ruby, and HumanEval's."
    )

    @Option(help: "Built-in programs to judge.")
    var programs = 400

    @Option(help: "Programs judged at once; 0 is one per core.")
    var slots = 0

    @Option(
        help: ArgumentHelp(
            "HumanEval.jsonl or .gz; none: ../shared/data/humaneval, when it is there.",
            valueName: "file"
        )
    )
    var data: String?

    @Flag(help: "Print the figures as one JSON object on stdout.")
    var json = false

    func validate() throws {
        guard programs >= 1 else { throw ValidationError("--programs is \(programs), expected 1 or more") }
        guard slots >= 0 else { throw ValidationError("--slots is \(slots), expected 0 (one per core) or more") }
    }

    func run() async throws {
        var figures = BenchFigures(
            bench: "judge",
            columns: [
                ("programs", 0), ("accepted", 0), ("programs_per_s", 1), ("cpu_ms_per_verdict", 2),
                ("program_cpu_ms", 2), ("wall_s", 2),
            ]
        )
        let usual = "../shared/data/humaneval/HumanEval.jsonl.gz"
        let file = data ?? (FileManager.default.fileExists(atPath: usual) ? usual : nil)
        let humanEval = try file.map { try HumanEvalReader(file: $0).problems().problems } ?? []
        let builtin = BuiltinProblems(seed: 1).problems(.train, count: programs)
        figures.rows.append(try await measure("built-in, python", builtin))
        for language in [Language.javascript, .php, .ruby] {
            figures.rows.append(try await measure("calls, \(language.rawValue)", calls(language)))
        }
        if !humanEval.isEmpty { figures.rows.append(try await measure("HumanEval gold", humanEval)) }
        try figures.report(json: json)
    }

    /// Short programs, no two alike, and two calls of each; none in a language that this machine cannot judge.
    private func calls(_ language: Language) -> [Problem] {
        (0..<programs).map { number in
            let body: String
            switch language {
            case .javascript:
                body = "function f(x) {\n    return x.map((y) => y * \(number)).reduce((a, b) => a + b, 0);\n}\n"
            case .php:
                body = "<?php\nfunction f($x) {\n    return array_sum(array_map(fn($y) => $y * \(number), $x));\n}\n"
            default: body = "def f(x)\n  x.map { |y| y * \(number) }.sum\nend\n"
            }
            let tests = [1, 3].map { count in
                TestCase.call(
                    function: "f",
                    arguments: [.array((1...count).map { .integer($0) })],
                    expected: .integer(count * (count + 1) / 2 * number)
                )
            }
            return Problem(id: "\(number)", prompt: "", language: language, tests: tests, reference: body)
        }
    }

    /// CPU time includes starting the slots.
    private func measure(_ name: String, _ problems: [Problem]) async throws -> BenchFigures.Row {
        var configuration = SandboxConfiguration()
        if slots > 0 { configuration.slots = slots }
        configuration.verdictCacheEntries = 0
        let clock = BenchClock()
        let pool = try await SandboxPool(configuration: configuration)
        let begun = ContinuousClock.now
        let verdicts = await withTaskGroup(of: Verdict.self) { group in
            for problem in problems {
                group.addTask {
                    await pool.judge(
                        ExecutionJob(
                            id: problem.id,
                            language: problem.language,
                            program: problem.reference,
                            tests: problem.tests,
                            limits: problem.limits
                        )
                    )
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let wall = (ContinuousClock.now - begun).seconds
        // A child's time counts once the child is gone.
        await pool.shutdown()
        let count = Double(verdicts.count)
        return BenchFigures.Row(
            name: name,
            figures: [
                "programs": count, "accepted": Double(verdicts.count { $0.outcome == .accepted }),
                "programs_per_s": count / wall, "wall_s": wall,
                "cpu_ms_per_verdict": 1000 * (clock.cpuSeconds + clock.childCPUSeconds) / count,
                "program_cpu_ms": 1000 * verdicts.reduce(0) { $0 + $1.cpuSeconds } / count,
            ]
        )
    }
}

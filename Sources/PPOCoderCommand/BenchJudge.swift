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
        abstract: "Judges reference programs of built-in problems, of HumanEval where it is found, short ones in "
            + "JavaScript, PHP and Ruby, and a C++ program."
    )

    @Option(help: "Built-in programs to judge; 0 leaves them out.")
    var programs = 400

    @Option(help: "How often each HumanEval program is judged; 0 leaves them out.")
    var rounds = 1

    @Option(help: "How often a compiled program that returns 0 is run; 0 leaves it out.")
    var native = 0

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
        guard programs >= 0 else { throw ValidationError("--programs is \(programs), expected 0 or more") }
        guard rounds >= 0 else { throw ValidationError("--rounds is \(rounds), expected 0 or more") }
        guard native >= 0 else { throw ValidationError("--native is \(native), expected 0 or more") }
        guard slots >= 0 else { throw ValidationError("--slots is \(slots), expected 0 (one per core) or more") }
    }

    func run() async throws {
        var figures = BenchFigures(
            bench: "judge",
            columns: [
                ("programs", 0), ("accepted", 0), ("programs_per_s", 1), ("cpu_ms_per_verdict", 2),
                ("program_cpu_ms", 2), ("start_cpu_ms", 0), ("wall_s", 2),
            ]
        )
        let usual = "../shared/data/humaneval/HumanEval.jsonl.gz"
        let file = data ?? (FileManager.default.fileExists(atPath: usual) ? usual : nil)
        let humanEval = try rounds == 0 ? [] : file.map { try HumanEvalReader(file: $0).problems().problems } ?? []
        if programs > 0 {
            let builtin = BuiltinProblems(seed: 1).problems(.train, count: programs)
            figures.rows.append(try await measure("built-in, python", Self.jobs(builtin), [.python]))
            for language in [Language.javascript, .php, .ruby] {
                figures.rows.append(
                    try await measure("calls, \(language.rawValue)", Self.jobs(calls(language)), [language])
                )
            }
        }
        if !humanEval.isEmpty {
            let jobs = (0..<rounds).flatMap { _ in Self.jobs(humanEval) }
            figures.rows.append(try await measure("HumanEval gold", jobs, [.python]))
        }
        if native > 0 {
            let job = ExecutionJob(
                id: "native",
                language: .cpp,
                program: "int main() { return 0; }\n",
                tests: [.stdio(stdin: "", stdout: "")]
            )
            figures.rows.append(
                try await measure("native, return 0", Array(repeating: job, count: native), [.cpp])
            )
        }
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

    /// The reference programs of `problems` with their tests.
    static func jobs(_ problems: [Problem]) -> [ExecutionJob] {
        problems.map { problem in
            ExecutionJob(
                id: problem.id,
                language: problem.language,
                program: problem.reference,
                tests: problem.tests,
                limits: problem.limits
            )
        }
    }

    /// CPU time is that of this process, of the supervisors, of the first processes of the slots and of all that ran in
    /// them, once the slots are warm; what it takes to get there is `start_cpu_ms`.
    private func measure(
        _ name: String,
        _ jobs: [ExecutionJob],
        _ languages: [Language]
    ) async throws -> BenchFigures.Row {
        var configuration = SandboxConfiguration()
        if slots > 0 { configuration.slots = slots }
        configuration.verdictCacheEntries = 0
        configuration.languages = languages
        let before = ProcessTree.cpuSeconds()
        let pool = try await SandboxPool(configuration: configuration)
        // So many at once that each slot starts.
        _ = await judge(Array(repeating: jobs[0], count: 4 * configuration.slots), in: pool)
        let warm = ProcessTree.cpuSeconds()
        let begun = ContinuousClock.now
        let verdicts = await judge(jobs, in: pool)
        let wall = (ContinuousClock.now - begun).seconds
        let cpuSeconds = ProcessTree.cpuSeconds() - warm
        await pool.shutdown()
        let count = Double(verdicts.count)
        return BenchFigures.Row(
            name: name,
            figures: [
                "programs": count, "accepted": Double(verdicts.count { $0.outcome == .accepted }),
                "programs_per_s": count / wall, "wall_s": wall,
                "cpu_ms_per_verdict": 1000 * cpuSeconds / count,
                "program_cpu_ms": 1000 * verdicts.reduce(0) { $0 + $1.cpuSeconds } / count,
                "start_cpu_ms": 1000 * (warm - before),
            ]
        )
    }

    private func judge(_ jobs: [ExecutionJob], in pool: SandboxPool) async -> [Verdict] {
        await withTaskGroup(of: Verdict.self) { group in
            for job in jobs { group.addTask { await pool.judge(job) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}

/// CPU time of this process and of everything that it started, dead or alive.
enum ProcessTree {
    /// Seconds, to a hundredth for each process.
    static func cpuSeconds() -> Double {
        let own = BenchClock.cpuSeconds(RUSAGE_SELF) + BenchClock.cpuSeconds(RUSAGE_CHILDREN)
        let processes = readProcesses()
        var wanted: Set = [getpid()]
        var ticks = 0
        while true {
            let below = processes.filter { wanted.contains($0.parent) && !wanted.contains($0.id) }
            if below.isEmpty { break }
            for process in below {
                wanted.insert(process.id)
                ticks += process.ticks
            }
        }
        return own + Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Every process of the machine: its parent, and the clock ticks it and its waited-for children have used.
    private static func readProcesses() -> [(id: pid_t, parent: pid_t, ticks: Int)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let id = pid_t(name), let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return nil }
            let fields = text[end...].split(separator: " ")
            guard fields.count > 15, let parent = pid_t(fields[2]) else { return nil }
            return (id, parent, fields[12...15].reduce(0) { $0 + (Int($1) ?? 0) })
        }
    }
}

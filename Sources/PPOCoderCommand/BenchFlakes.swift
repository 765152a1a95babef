import ArgumentParser
import Datasets
import Foundation
import Learner
import Programs
import SandboxRunner
import Telemetry

/// `ppocoder bench flakes`: verdicts that differ when the machine is busy.
struct BenchFlakesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flakes",
        abstract: "Judges the same programs on a quiet and on a loaded machine and counts the verdicts that differ.",
        discussion: """
            Right, wrong, failing, endless and greedy Python programs, each judged over and over; a verdict differs when its \
            outcome or its number of passed tests does. Load is made by processes that only count. Exit code 1 when one in \
            ten thousand verdicts or more differs.
            """
    )

    @Option(help: "Verdicts in each of the two runs.")
    var verdicts = 20_000

    @Option(help: "Counting processes per core in the second run.")
    var load = 4

    @Option(help: "Programs judged at once; 0 is one per core.")
    var slots = 0

    @Flag(help: "Print the figures as one JSON object on stdout.")
    var json = false

    func validate() throws {
        guard verdicts >= 1 else { throw ValidationError("--verdicts is \(verdicts), expected 1 or more") }
        guard load >= 0 else { throw ValidationError("--load is \(load), expected 0 or more") }
        guard slots >= 0 else { throw ValidationError("--slots is \(slots), expected 0 (one per core) or more") }
    }

    func run() async throws {
        let jobs = Self.jobs(count: verdicts)
        let quiet = try await judge(jobs, "quiet")
        let hogs = try Hogs(count: load * ProcessInfo.processInfo.activeProcessorCount)
        let loaded: Run
        do {
            loaded = try await judge(jobs, "load \(load) × cores")
        } catch {
            hogs.end()
            throw error
        }
        hogs.end()
        var differing = 0
        for (index, (a, b)) in zip(quiet.results, loaded.results).enumerated() where a != b {
            differing += 1
            writeNotice("flakes: \(jobs[index].id): \(a), then \(b)")
        }
        let share = Double(differing) / Double(verdicts)
        let rows = [("quiet", quiet, 0), ("loaded", loaded, differing)].map { name, run, differing in
            BenchFigures.Row(
                name: name,
                figures: [
                    "verdicts": Double(verdicts), "wall_s": run.wall, "differing": Double(differing),
                    "share": Double(differing) / Double(verdicts),
                ]
            )
        }
        let columns = [("verdicts", 0), ("wall_s", 1), ("differing", 0), ("share", 6)]
        try BenchFigures(bench: "flakes", rows: rows, columns: columns).report(json: json)
        if share >= 1e-4 { throw ExitCode(1) }
    }

    private struct Run {
        var results: [String]
        var wall: Double
    }

    private func judge(_ jobs: [ExecutionJob], _ name: String) async throws -> Run {
        var configuration = SandboxConfiguration()
        if slots > 0 { configuration.slots = slots }
        configuration.verdictCacheEntries = 0
        configuration.languages = [.python]
        let pool = try await SandboxPool(configuration: configuration)
        let begun = ContinuousClock.now
        let results = await withTaskGroup(of: (Int, Verdict).self) { group in
            var results = [String](repeating: "", count: jobs.count)
            var next = 0
            func start() {
                guard next < jobs.count else { return }
                let (index, job) = (next, jobs[next])
                group.addTask { (index, await pool.judge(job)) }
                next += 1
            }
            for _ in 0..<8 * configuration.slots { start() }
            while let (index, verdict) = await group.next() {
                results[index] = "\(verdict.outcome.rawValue) \(verdict.testsPassed)/\(verdict.testsTotal)"
                start()
            }
            return results
        }
        await pool.shutdown()
        let wall = (ContinuousClock.now - begun).seconds
        writeNotice("flakes: \(name): \(jobs.count) verdicts in \(shortTime(wall))")
        return Run(results: results, wall: wall)
    }

    /// Mostly programs as a policy writes them, and one in fifty that goes to a limit.
    private static func jobs(count: Int) -> [ExecutionJob] {
        let problems = BuiltinProblems(seed: 2).problems(.train, count: min(400, count))
        var limits = ExecutionLimits()
        limits.cpuSeconds = 0.3
        limits.wallSeconds = 20
        limits.outputBytes = 1 << 20
        limits.memoryBytes = 128 << 20
        let extremes = [
            ("endless", "def f(x):\n    while True: pass\n"), ("greedy", "def f(x):\n    return bytearray(1 << 30)\n"),
            ("loud", "def f(x):\n    while True: print('x' * 1000)\n"), ("recursive", "def f(x): return f(x)\n"),
            ("busy", "def f(x):\n    for i in range(1000000): pass\n    return 4\n"),
            ("leaving", "import os\ndef f(x): os._exit(0)\n"),
        ]
        return (0..<count).map { index in
            if index % 50 == 49 {
                let (name, program) = extremes[index / 50 % extremes.count]
                let test = TestCase.call(function: "f", arguments: [.integer(2)], expected: .integer(4))
                return ExecutionJob(id: name, language: .python, program: program, tests: [test], limits: limits)
            }
            let problem = problems[index % problems.count]
            // Every third program is another problem's solution, and every seventh is cut short.
            let other = index % 3 == 1 ? problems[(index + 1) % problems.count] : problem
            let text = index % 7 == 2 ? String(other.reference.prefix(other.reference.count / 2)) : other.reference
            return ExecutionJob(
                id: "\(problem.id) \(index)",
                language: .python,
                program: text,
                tests: problem.tests,
                limits: problem.limits
            )
        }
    }
}

/// Processes that only count, to keep the cores busy.
private struct Hogs {
    private var processes: [Process] = []

    init(count: Int) throws {
        for _ in 0..<count {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            // It ends by itself when nobody is left to end it.
            let isParentThere = "[ \"$(cut -d' ' -f4 /proc/$$/stat)\" = \(getpid()) ]"
            let count = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
            process.arguments = ["-c", "while \(isParentThere); do \(count); done"]
            process.standardInput = FileHandle.nullDevice
            try process.run()
            processes.append(process)
        }
    }

    func end() {
        for process in processes {
            // Not SIGTERM: what this process ignores its children ignore, too.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }
}

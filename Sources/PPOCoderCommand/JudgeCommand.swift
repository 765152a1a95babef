import ArgumentParser
import Foundation
import Learner
import Programs
import SandboxRunner
import Telemetry
import Transport

/// `ppocoder judge`: programs and tests in, verdicts out.
struct JudgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge",
        abstract: "Compiles and runs programs against tests in a sandbox.",
        discussion: """
            Reads {"id","language","program","tests":[…],"limits":{…}} rows, writes {"id","verdict","tests_passed",\
            "tests_total","compile_s","cpu_s","wall_s","peak_memory_bytes","diagnostics",…} rows in their order. No tests \
            means compile only. Exit code 1 when a program could not be judged (verdict infrastructure_failure).
            """
    )

    @Option(help: ArgumentHelp("File of jobs, one JSON object per line; - is stdin.", valueName: "file"))
    var input = "-"

    @OptionGroup var rows: RowOptions

    @Option(help: "Programs judged at once on this machine; 0 is one per core.")
    var slots = 0

    @Option(
        help: ArgumentHelp(
            "Endpoint of a dispatcher that judges instead, for clients: ipc://PATH or tcp://HOST:PORT; once for each of several.",
            valueName: "endpoint"
        )
    )
    var connect: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --connect: give up when the dispatcher says nothing for so long, seconds.",
            valueName: "seconds"
        )
    )
    var patience = 60.0

    @Option(help: ArgumentHelp("With --connect: folder of keys for role client; TCP needs them.", valueName: "folder"))
    var keys: String = ""

    @Flag(help: "With --connect: TCP without keys, on the loopback interface.")
    var insecure = false

    @Flag(help: "Run programs even where the walls are below the minimum of docs/sandbox.md.")
    var acceptWeakWalls = false

    @Flag(name: .customLong("walls"), help: "Add to every row the walls that the program ran behind.")
    var reportsWalls = false

    func validate() throws {
        guard connect.isEmpty || !(acceptWeakWalls || reportsWalls) else {
            throw ValidationError("--accept-weak-walls and --walls are about this machine, not about a dispatcher's")
        }
        guard Set(connect).count == connect.count else {
            throw ValidationError("--connect names a dispatcher twice: jobs are divided among them by their endpoints")
        }
        guard slots >= 0 else { throw ValidationError("--slots is \(slots), expected 0 (one per core) or more") }
        guard patience > 0 else { throw ValidationError("--patience is \(patience), expected more than 0 seconds") }
    }

    func run() async throws {
        let jobs = try JSONLinesInput(input, skipBadRows: rows.skipBadRows) { (row: JudgeRow) in try row.job() }
        let output = try JSONLinesOutput(rows.output)
        let judge: any Judge =
            if !connect.isEmpty {
                try await JudgeByDispatcher(
                    endpoints: connect,
                    patience: patience,
                    security: TransportSecurity(keys: keys, insecure: insecure, roles: [.client]) {
                        writeNotice("judge: \($0)")
                    }
                )
            } else {
                try await JudgeOnThisMachine(slots: slots, acceptsWeakWalls: acceptWeakWalls)
            }
        let walls = reportsWalls ? judge.walls?.summary : nil
        let begun = ContinuousClock.now
        var outcomes: [Verdict.Outcome: Int] = [:]
        var reasons: [String: Int] = [:]
        do {
            try await mapInOrder(window: judge.window) {
                try await jobs.next()?.row
            } work: { row, _ in
                JudgeResult(id: row.id, verdict: try await judge.verdict(on: row.job), walls: walls)
            } emit: { result in
                try output.write(result)
                outcomes[result.verdict.outcome, default: 0] += 1
                if result.verdict.outcome == .infrastructureFailure {
                    reasons[result.verdict.diagnostics, default: 0] += 1
                }
            }
        } catch {
            await judge.close()
            throw error
        }
        await judge.close()
        try output.finish()
        await jobs.reportSkipped()
        summarize(outcomes, reasons: reasons, seconds: (ContinuousClock.now - begun).seconds)
        if !reasons.isEmpty { throw ExitCode(1) }
    }

    private func summarize(_ outcomes: [Verdict.Outcome: Int], reasons: [String: Int], seconds: Double) {
        let parts = Verdict.Outcome.allCases.compactMap { outcome in
            outcomes[outcome].map { "\($0) \(outcome.rawValue)" }
        }
        let total = outcomes.values.reduce(0, +)
        let list = parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
        writeNotice("judge: \(total) programs in \(shortTime(seconds))\(list)")
        for (reason, count) in reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            writeNotice("judge: \(count) could not be judged: \(reason)")
        }
    }
}

/// One line of input: a job under the name that the user gave it.
struct JudgeRow: Decodable {
    private var id: RowID
    private var language: String
    private var program: String
    private var tests: [TestCase]?
    private var limits: ExecutionLimits?
    private var limitNames: [String: JSONValue]?
    private var options = JudgingOptions()

    private enum CodingKeys: String, CodingKey {
        case id, language, program, tests, limits, coverage, compare
        case stopAtFirstFailure = "stop_at_first_failure"
    }

    private struct TestOptions: Decodable {
        var compare: String?
    }

    /// A job and the name its result goes by.
    struct Named: Sendable {
        var id: RowID
        var job: ExecutionJob
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(RowID.self, forKey: .id)
        language = try fields.decode(String.self, forKey: .language)
        program = try fields.decode(String.self, forKey: .program)
        tests = try fields.decodeIfPresent([TestCase].self, forKey: .tests)
        limits = try fields.decodeIfPresent(ExecutionLimits.self, forKey: .limits)
        limitNames = try fields.decodeIfPresent([String: JSONValue].self, forKey: .limits)
        options.stopAtFirstFailure = try fields.decodeIfPresent(Bool.self, forKey: .stopAtFirstFailure) ?? false
        options.coverage = try fields.decodeIfPresent(Bool.self, forKey: .coverage) ?? false
        options.comparison = try Self.comparison(fields.decodeIfPresent(String.self, forKey: .compare), "compare")
        let own = try fields.decodeIfPresent([TestOptions].self, forKey: .tests) ?? []
        guard own.contains(where: { $0.compare != nil }) else { return }
        options.comparisons = try own.enumerated().map { index, test in
            try Self.comparison(test.compare, "tests[\(index)].compare")
        }
    }

    private static func comparison(_ name: String?, _ field: String) throws -> Comparison? {
        guard let name else { return nil }
        guard let comparison = Comparison(rawValue: name) else {
            throw BadField(field, expected: "one of " + Comparison.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return comparison
    }

    /// The job of the row.
    ///
    /// - Throws: ``BadField`` for an unknown language, a test that does not fit it, or a limit that is none.
    func job() throws -> Named {
        let language = try rowLanguage(self.language)
        for (index, test) in (tests ?? []).enumerated() {
            if case .assert = test, language != .python {
                throw BadField(
                    "tests[\(index)].kind",
                    expected: "stdio, call or program: \"assert\" tests are Python's"
                )
            }
        }
        for name in (limitNames ?? [:]).keys.sorted() where !Self.limitNames.contains(name) {
            let nearest = nearestName(to: name, among: Self.limitNames)
            throw BadField(
                "limits.\(name)",
                expected: "one of \(Self.limitNames.joined(separator: ", "))"
                    + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
            )
        }
        let limits = limits ?? ExecutionLimits()
        let values: [(String, Double)] = [
            ("cpu_s", limits.cpuSeconds), ("wall_s", limits.wallSeconds), ("memory_bytes", Double(limits.memoryBytes)),
            ("processes", Double(limits.processes)), ("output_bytes", Double(limits.outputBytes)),
            ("file_bytes", Double(limits.fileBytes)), ("compile_s", limits.compileSeconds),
        ]
        for (name, value) in values where !(value > 0) {
            throw BadField("limits.\(name)", expected: "more than 0; found \(value)")
        }
        let job = ExecutionJob(
            id: "\(id)",
            language: language,
            program: program,
            tests: tests ?? [],
            limits: limits,
            options: options
        )
        return Named(id: id, job: job)
    }

    private static let limitNames = [
        "cpu_s", "wall_s", "memory_bytes", "processes", "output_bytes", "file_bytes", "compile_s",
    ]
}

/// One line of output: the verdict beside the name of its row.
struct JudgeResult: Encodable, Sendable {
    var id: RowID
    var verdict: Verdict
    var walls: String?

    private enum CodingKeys: CodingKey {
        case id, walls
    }

    func encode(to encoder: any Encoder) throws {
        try verdict.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(id, forKey: .id)
        try fields.encodeIfPresent(walls, forKey: .walls)
    }
}

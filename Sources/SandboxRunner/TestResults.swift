import Programs

/// What became of one test.
struct TestResult: Sendable, Equatable {
    var outcome: Verdict.Outcome
    var diagnostics = ""
    /// CPU time that the test took, seconds, as far as it can be told apart.
    var cpuSeconds = 0.0
    /// The signal that ended the program.
    var signal: Int?

    static let passed = TestResult(outcome: .accepted)
    /// Of a test that comes after too many runs that did not end by themselves.
    static let notRun = TestResult(outcome: .timeLimit, diagnostics: "not run after repeated failures")
}

/// The results of a job's tests and what they cost, on their way to a verdict.
struct TestResults {
    /// How many runs may end at a limit or in a crash before the tests left are counted as failed unrun.
    static let fatalRunsAllowed = 3

    private var results: [TestResult?]
    private(set) var cpuSeconds = 0.0
    private(set) var wallSeconds = 0.0
    private(set) var peakMemoryBytes = 0
    var compileSeconds = 0.0
    /// The limit that stopped the compiler.
    var compileLimit: Verdict.CompileLimit?
    /// Lines of the program that were executed; nil unless that was asked for.
    var executedLines: Set<Int>?
    private(set) var fatalRuns = 0

    init(count: Int) { results = Array(repeating: nil, count: count) }

    var isExhausted: Bool { fatalRuns >= Self.fatalRunsAllowed }

    /// The first test that was run and failed.
    var firstFailure: Int? { results.firstIndex { $0.map { $0.outcome != .accepted } ?? false } }

    mutating func add(cost reply: SlotReply, cpuSeconds cpu: Double, peak: Int) {
        cpuSeconds += cpu
        wallSeconds += reply.wallSeconds
        peakMemoryBytes = max(peakMemoryBytes, reply.peakMemoryBytes, peak)
    }

    mutating func set(_ result: TestResult, at index: Int) { results[index] = result }

    mutating func countFatalRun() { fatalRuns += 1 }

    /// Gives `result` to those of `indices` that have none.
    mutating func fill(_ indices: some Sequence<Int>, with result: TestResult) {
        for index in indices where results[index] == nil { results[index] = result }
    }

    /// Forgets what came after the first failure, as if it had not been run.
    mutating func stopAtFirstFailure() {
        guard let first = firstFailure else { return }
        for index in results.indices where index > first { results[index] = nil }
    }

    /// The verdict: accepted when every test passed, otherwise the outcome of the first that did not.
    func verdict() -> Verdict {
        let failed = results.first { $0?.outcome != .accepted }
        let first = failed.map { $0 ?? TestResult(outcome: .runtimeError, diagnostics: "the test was not run") }
        var verdict = Verdict(
            outcome: first?.outcome ?? .accepted,
            testsPassed: results.count { $0?.outcome == .accepted },
            testsTotal: results.count,
            compileSeconds: compileSeconds,
            cpuSeconds: cpuSeconds,
            wallSeconds: wallSeconds,
            peakMemoryBytes: peakMemoryBytes,
            diagnostics: first?.diagnostics ?? ""
        )
        verdict.tests = results.map { Verdict.TestReport(outcome: $0?.outcome, cpuSeconds: $0?.cpuSeconds ?? 0) }
        verdict.signal = first?.signal
        verdict.executedLines = executedLines?.sorted()
        return verdict
    }

    /// The verdict on a program that did not compile.
    func compileError(_ diagnostics: String) -> Verdict {
        var verdict = Verdict(
            outcome: .compileError,
            testsTotal: results.count,
            compileSeconds: compileSeconds,
            cpuSeconds: cpuSeconds,
            wallSeconds: wallSeconds,
            peakMemoryBytes: peakMemoryBytes,
            diagnostics: diagnostics
        )
        verdict.compileLimit = compileLimit
        return verdict
    }
}

/// How a run ended that did not end as it should, from the supervisor's flags and the wait status.
func fatalResult(_ reply: SlotReply, status: UInt32, said: String = "") -> TestResult {
    let signal = status & 0x7f
    var result = fatalOutcome(reply, status: status, said: said)
    result.cpuSeconds = reply.cpuSeconds
    if signal != 0 { result.signal = Int(signal) }
    return result
}

private func fatalOutcome(_ reply: SlotReply, status: UInt32, said: String) -> TestResult {
    let signal = status & 0x7f
    let detail = said.isEmpty ? "" : "\n" + said
    if reply.flags.contains(.outputCut) {
        return TestResult(outcome: .outputLimit, diagnostics: "output limit exceeded")
    }
    if reply.flags.contains(.killedForMemory) {
        return TestResult(outcome: .memoryLimit, diagnostics: "memory limit exceeded")
    }
    if reply.flags.contains(.cpuLimit) || signal == 24 {
        return TestResult(outcome: .timeLimit, diagnostics: "CPU time limit exceeded")
    }
    if reply.flags.contains(.wallLimit) {
        return TestResult(outcome: .timeLimit, diagnostics: "wall-clock time limit exceeded")
    }
    if signal == 25 { return TestResult(outcome: .outputLimit, diagnostics: "file size limit exceeded") }
    let end = signal != 0 ? "ended by signal \(signal)" : "ended with exit status \(status >> 8 & 255)"
    return TestResult(outcome: .runtimeError, diagnostics: "the program \(end)\(detail)")
}

/// The limit that stopped a compiler, if one did.
func compileLimit(_ reply: SlotReply, status: UInt32) -> Verdict.CompileLimit? {
    if reply.flags.isEmpty && ![24, 25].contains(status & 0x7f) { return nil }
    switch fatalResult(reply, status: status).outcome {
    case .timeLimit: return .time
    case .memoryLimit: return .memory
    case .outputLimit: return .output
    default: return nil
    }
}

/// The last `limit` bytes, as text.
func tail(_ bytes: some BidirectionalCollection<UInt8>, limit: Int = 3000) -> String {
    String(decoding: bytes.suffix(limit), as: UTF8.self)
}

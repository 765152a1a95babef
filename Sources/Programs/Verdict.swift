/// What became of one program.
///
/// A program that fails is a result, not an error. `infrastructureFailure` is the one outcome that says nothing about
/// the program: it never becomes a reward.
package struct Verdict: Sendable, Hashable, Codable {
    package enum Outcome: String, Sendable, Codable, CaseIterable {
        case accepted
        case wrongAnswer = "wrong_answer"
        case runtimeError = "runtime_error"
        case timeLimit = "time_limit"
        case memoryLimit = "memory_limit"
        case outputLimit = "output_limit"
        case compileError = "compile_error"
        case infrastructureFailure = "infrastructure_failure"
    }

    package var outcome: Outcome
    package var testsPassed: Int
    package var testsTotal: Int
    /// CPU time of the compiler, seconds.
    package var compileSeconds: Double
    /// CPU time of the program over all tests, seconds.
    package var cpuSeconds: Double
    /// Wall-clock time of the program over all tests, queueing excluded, seconds.
    package var wallSeconds: Double
    /// High-water mark of the program's memory, bytes; 0 when it could not be read.
    package var peakMemoryBytes: Int
    /// What the compiler or the run time said, cut to a few kilobytes.
    package var diagnostics: String

    package init(
        outcome: Outcome,
        testsPassed: Int = 0,
        testsTotal: Int = 0,
        compileSeconds: Double = 0,
        cpuSeconds: Double = 0,
        wallSeconds: Double = 0,
        peakMemoryBytes: Int = 0,
        diagnostics: String = ""
    ) {
        precondition(testsPassed <= testsTotal, "passed \(testsPassed) of \(testsTotal) tests")
        self.outcome = outcome
        self.testsPassed = testsPassed
        self.testsTotal = testsTotal
        self.compileSeconds = compileSeconds
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
        self.peakMemoryBytes = peakMemoryBytes
        self.diagnostics = diagnostics
    }

    private enum CodingKeys: String, CodingKey {
        case outcome = "verdict"
        case testsPassed = "tests_passed"
        case testsTotal = "tests_total"
        case compileSeconds = "compile_s"
        case cpuSeconds = "cpu_s"
        case wallSeconds = "wall_s"
        case peakMemoryBytes = "peak_memory_bytes"
        case diagnostics
    }
}

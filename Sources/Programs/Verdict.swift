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

    /// Results of the tests, in their order; empty when the program did not compile.
    package var tests: [TestReport] = []
    /// The signal that ended the program in the test that decided the outcome.
    package var signal: Int?
    /// The line of the program, from 1, that the diagnostics are about: of a syntax error, or the innermost one of a
    /// traceback that is in the program.
    package var errorLine: Int?
    /// The limit that stopped the compiler.
    package var compileLimit: CompileLimit?
    /// Lines of the program that were executed, ascending; nil unless they were asked for.
    package var executedLines: [Int]?
    /// The walls that were up, one sentence each; empty when nobody said.
    package var walls: [String] = []

    /// What became of one test.
    package struct TestReport: Sendable, Hashable, Codable {
        /// Nil when the test was not run.
        package var outcome: Outcome?
        /// CPU time of the program for this test, seconds, as far as it can be told apart.
        package var cpuSeconds: Double

        package init(outcome: Outcome?, cpuSeconds: Double = 0) {
            self.outcome = outcome
            self.cpuSeconds = cpuSeconds
        }

        private enum CodingKeys: String, CodingKey {
            case outcome = "verdict"
            case cpuSeconds = "cpu_s"
        }

        package func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            // A test that was not run says so.
            try fields.encode(outcome, forKey: .outcome)
            try fields.encode(cpuSeconds, forKey: .cpuSeconds)
        }
    }

    /// A limit of the compile stage.
    package enum CompileLimit: String, Sendable, Codable, CaseIterable {
        case time, memory, output
    }

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
        case tests
        case signal
        case errorLine = "error_line"
        case compileLimit = "compile_limit"
        case executedLines = "executed_lines"
        case walls
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        outcome = try fields.decode(Outcome.self, forKey: .outcome)
        testsPassed = try fields.decode(Int.self, forKey: .testsPassed)
        testsTotal = try fields.decode(Int.self, forKey: .testsTotal)
        compileSeconds = try fields.decode(Double.self, forKey: .compileSeconds)
        cpuSeconds = try fields.decode(Double.self, forKey: .cpuSeconds)
        wallSeconds = try fields.decode(Double.self, forKey: .wallSeconds)
        peakMemoryBytes = try fields.decode(Int.self, forKey: .peakMemoryBytes)
        diagnostics = try fields.decode(String.self, forKey: .diagnostics)
        tests = try fields.decodeIfPresent([TestReport].self, forKey: .tests) ?? []
        signal = try fields.decodeIfPresent(Int.self, forKey: .signal)
        errorLine = try fields.decodeIfPresent(Int.self, forKey: .errorLine)
        compileLimit = try fields.decodeIfPresent(CompileLimit.self, forKey: .compileLimit)
        executedLines = try fields.decodeIfPresent([Int].self, forKey: .executedLines)
        walls = try fields.decodeIfPresent([String].self, forKey: .walls) ?? []
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(outcome, forKey: .outcome)
        try fields.encode(testsPassed, forKey: .testsPassed)
        try fields.encode(testsTotal, forKey: .testsTotal)
        try fields.encode(compileSeconds, forKey: .compileSeconds)
        try fields.encode(cpuSeconds, forKey: .cpuSeconds)
        try fields.encode(wallSeconds, forKey: .wallSeconds)
        try fields.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
        try fields.encode(diagnostics, forKey: .diagnostics)
        if !tests.isEmpty { try fields.encode(tests, forKey: .tests) }
        try fields.encodeIfPresent(signal, forKey: .signal)
        try fields.encodeIfPresent(errorLine, forKey: .errorLine)
        try fields.encodeIfPresent(compileLimit, forKey: .compileLimit)
        try fields.encodeIfPresent(executedLines, forKey: .executedLines)
        if !walls.isEmpty { try fields.encode(walls, forKey: .walls) }
    }
}

/// What a program may use while it is judged.
///
/// Each limit applies to one run of the program, except `compileTime`.
package struct ExecutionLimits: Sendable, Hashable, Codable {
    /// CPU time of the program and all its children, seconds.
    package var cpuSeconds: Double = 4
    /// Wall-clock time, seconds; generous, since CPU time decides.
    package var wallSeconds: Double = 20
    /// Memory of the whole process group, bytes.
    package var memoryBytes: Int = 512 << 20
    /// Processes and threads alive at once.
    package var processes: Int = 64
    /// Bytes written to stdout and stderr together.
    package var outputBytes: Int = 4 << 20
    /// Size of any file written, bytes.
    package var fileBytes: Int = 16 << 20
    /// CPU time of the compiler, seconds.
    package var compileSeconds: Double = 20

    package init() {}

    private enum CodingKeys: String, CodingKey {
        case cpuSeconds = "cpu_s"
        case wallSeconds = "wall_s"
        case memoryBytes = "memory_bytes"
        case processes
        case outputBytes = "output_bytes"
        case fileBytes = "file_bytes"
        case compileSeconds = "compile_s"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let defaults = ExecutionLimits()
        cpuSeconds = try fields.decodeIfPresent(Double.self, forKey: .cpuSeconds) ?? defaults.cpuSeconds
        wallSeconds = try fields.decodeIfPresent(Double.self, forKey: .wallSeconds) ?? defaults.wallSeconds
        memoryBytes = try fields.decodeIfPresent(Int.self, forKey: .memoryBytes) ?? defaults.memoryBytes
        processes = try fields.decodeIfPresent(Int.self, forKey: .processes) ?? defaults.processes
        outputBytes = try fields.decodeIfPresent(Int.self, forKey: .outputBytes) ?? defaults.outputBytes
        fileBytes = try fields.decodeIfPresent(Int.self, forKey: .fileBytes) ?? defaults.fileBytes
        compileSeconds = try fields.decodeIfPresent(Double.self, forKey: .compileSeconds) ?? defaults.compileSeconds
    }
}

/// A program to judge: no tests means compile only.
package struct ExecutionJob: Sendable, Hashable, Codable {
    package var id: String
    package var language: Language
    package var program: String
    package var tests: [TestCase]
    package var limits: ExecutionLimits
    package var options: JudgingOptions

    package init(
        id: String,
        language: Language,
        program: String,
        tests: [TestCase],
        limits: ExecutionLimits = ExecutionLimits(),
        options: JudgingOptions = JudgingOptions()
    ) {
        self.id = id
        self.language = language
        self.program = program
        self.tests = tests
        self.limits = limits
        self.options = options
    }

    /// What judges `program` as an answer to `problem`.
    package init(_ problem: Problem, program: String) {
        self.init(
            id: problem.id,
            language: problem.language,
            program: program,
            tests: problem.tests,
            limits: problem.limits
        )
        options.comparison = problem.comparison
    }

    /// How the answer to the test at `index` is compared.
    package func comparison(at index: Int) -> Comparison {
        let own = options.comparisons.indices.contains(index) ? options.comparisons[index] : nil
        return own ?? options.comparison ?? .tokens
    }
}

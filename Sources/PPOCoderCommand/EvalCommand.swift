import ArgumentParser
import CodeAnalysis
import Determinism
import Foundation
import Learner
import Programs
import Synchronization
import Telemetry
import Tokenization
import Transformer

/// `ppocoder eval`: how well a model writes programs.
struct EvalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Measures pass@k, compile rate, exact match, edit similarity, BLEU and CodeBLEU on a data set split.",
        discussion: """
            One greedy completion per problem gives pass@1 and the similarities to the reference; --samples N more give \
            the unbiased pass@k = 1 − C(n−c,k)/C(n,k). Programs are judged in a sandbox on this machine. The table goes \
            to stderr. Exit code 1 when a completion could not be judged.
            """
    )

    @Option(help: ArgumentHelp("Model directory.", valueName: "folder"))
    var model: String

    @OptionGroup var settings: ConfigurationOptions

    @Option(help: "Kind of problems: builtin, mbpp, humaneval, xlcost or jsonl.")
    var task: String?

    @Option(help: ArgumentHelp("File or folder of the data set; builtin needs none.", valueName: "path"))
    var dataPath: String?

    @Option(help: "Source language of a translation.")
    var l1: String?

    @Option(help: "Target language of a translation.")
    var l2: String?

    @Option(help: "Split: train, validation or test (data.evaluation_split).")
    var split: String?

    @Option(help: "Problems, from the first; 0 is all (data.evaluation_problems).")
    var limit: Int?

    @Option(help: "Sampled completions per problem, for pass@k; 0 is none.")
    var samples = 0

    @Option(help: "Softmax temperature of the samples (rollout.temperature).")
    var temperature: Float?

    @Option(help: "Threads that generate; 0 is one per core. The result does not depend on it.")
    var threads = 0

    @Option(help: ArgumentHelp("File for one row per problem, with texts and verdicts.", valueName: "file"))
    var output: String?

    @Flag(help: "Print the figures as one JSON object on stdout.")
    var json = false

    func validate() throws {
        guard samples >= 0 else { throw ValidationError("--samples is \(samples), expected 0 or more") }
        guard threads >= 0 else { throw ValidationError("--threads is \(threads), expected 0 (one per core) or more") }
    }

    private var flags: [String] {
        var flags: [String] = []
        func add(_ key: String, _ value: (some Any)?) {
            if let value { flags.append("\(key)=\(value)") }
        }
        add("data.task", task ?? (l1 != nil || l2 != nil ? "xlcost" : nil))
        add("data.path", dataPath)
        add("data.l1", l1)
        add("data.l2", l2)
        add("data.evaluation_split", split)
        add("data.evaluation_problems", limit)
        add("rollout.temperature", temperature)
        return flags
    }

    func run() async throws {
        var configuration = try settings.load(flags: flags)
        guard configuration.data.task != "builtin" || configuration.data.evaluationSplit == "test" else {
            throw ValidationError(
                "--split is \(configuration.data.evaluationSplit), expected test: the built-in problems are judged on held-out ones"
            )
        }
        // The other split need not be there.
        configuration.data.trainSplit = configuration.data.evaluationSplit
        let model = try PolicyModel.load(from: model)
        let source = try ProblemSource(configuration: configuration)
        for reason in source.skipped { writeNotice("skipped \(reason)") }
        let rows = try output.map { try JSONLinesOutput($0) }
        let analyzer = try CodeAnalyzer()
        let judge = try await JudgeOnThisMachine(slots: configuration.sandbox.slots)
        let pool = GeneratePool(model: model, threads: threads)
        var report = EvalReport(samples: samples)
        let progress = ProgressDisplay()
        let problems = source.evaluation
        progress.note(
            "eval: \(problems.count) problems of \(configuration.data.task), 1 greedy and \(samples) sampled completions each"
        )
        let work = EvalWork(
            configuration: configuration,
            samples: samples,
            pool: pool,
            judge: judge,
            analyzer: analyzer
        )
        let cursor = EvalCursor(problems: problems, size: EvalWork.problemsPerChunk(samples: samples))
        try await mapInOrder(window: 2 * pool.lanes.count) {
            cursor.next()
        } work: { chunk, index in
            try await work.rows(of: chunk, index: index)
        } emit: { chunk in
            for row in chunk {
                report.add(row, reference: problems[report.problems].reference)
                try rows?.write(row)
            }
            progress.show(EvalWork.line(report, of: problems.count))
        }
        progress.finish()
        await judge.close()
        try rows?.finish()
        writeNotice(report.table.plain)
        if json { try printJSON(report) }
        for reason in report.reasons.sorted() { writeNotice("eval: could not be judged: \(reason)") }
        if report.unjudged > 0 {
            writeNotice("eval: \(report.unjudged) completions could not be judged and are left out of the rates")
            throw ExitCode(1)
        }
    }
}

/// Hands out problems in pieces.
private final class EvalCursor: Sendable {
    private let chunks: [ArraySlice<Problem>]
    private let position = Mutex(0)

    init(problems: [Problem], size: Int) {
        chunks = stride(from: 0, to: problems.count, by: size).map { problems[$0..<min($0 + size, problems.count)] }
    }

    func next() -> ArraySlice<Problem>? {
        position.withLock { position in
            guard position < chunks.count else { return nil }
            defer { position += 1 }
            return chunks[position]
        }
    }
}

/// The work on a piece of the problems: complete, judge, compare.
private struct EvalWork: Sendable {
    let configuration: RunConfiguration
    let samples: Int
    let pool: GeneratePool
    let judge: JudgeOnThisMachine
    let analyzer: CodeAnalyzer

    static func problemsPerChunk(samples: Int) -> Int { max(1, GenerateLane.batch / max(1, samples)) }

    static func line(_ report: EvalReport, of total: Int) -> ProgressLine {
        ProgressLine(
            step: report.problems,
            totalSteps: total,
            passRate: report.figures.first?.value,
            compileRate: report.figures.dropFirst().first?.value
        )
    }

    func rows(of problems: ArraySlice<Problem>, index: Int) async throws -> [EvalRow] {
        let longest = configuration.data.maximumSourceLength
        let sources = problems.map { pool.model.tokenizer.encodeSource($0.prompt, maximumLength: longest) }
        var greedySettings = configuration.samplingSettings
        (greedySettings.greedy, greedySettings.topK, greedySettings.topP) = (true, 0, 1)
        let none = RandomKey(high: 0, low: 0)
        let greedy = await pool.generate(
            sources.map { GenerationRequest(source: $0, key: none) },
            index: index,
            settings: greedySettings
        )
        let requests = zip(problems.indices, sources).flatMap { position, source in
            (0..<samples).map { sample in
                GenerationRequest(
                    source: source,
                    key: RandomKey(
                        seed: configuration.run.seed,
                        path: RandomPurpose.evaluation,
                        UInt64(position),
                        UInt64(sample)
                    )
                )
            }
        }
        let sampled = await pool.generate(requests, index: index, settings: configuration.samplingSettings)
        return try await withThrowingTaskGroup(of: (Int, EvalRow).self) { group in
            for (offset, problem) in problems.enumerated() {
                let own = Array(sampled[offset * samples..<(offset + 1) * samples])
                group.addTask { [self] in
                    let first = try await completion(greedy[offset], problem)
                    var others: [EvalCompletion] = []
                    for sequence in own { others.append(try await completion(sequence, problem)) }
                    return (offset, EvalRow(problem: problem, greedy: first, samples: others, analyzer: analyzer))
                }
            }
            var rows: [Int: EvalRow] = [:]
            for try await (offset, row) in group { rows[offset] = row }
            return (0..<problems.count).compactMap { rows[$0] }
        }
    }

    private func completion(_ sequence: GeneratedSequence, _ problem: Problem) async throws -> EvalCompletion {
        let text = pool.text(of: sequence)
        let verdict = await judge.verdict(
            on: ExecutionJob(
                id: problem.id,
                language: problem.language,
                program: text,
                tests: problem.tests,
                limits: problem.limits
            )
        )
        return EvalCompletion(text: text, finished: sequence.finished, verdict: verdict)
    }
}

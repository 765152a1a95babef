import CodeAnalysis
import Determinism
import Learner
import Programs
import Synchronization
import Telemetry
import Tokenization
import Transformer

/// Hands out problems in pieces.
final class EvalCursor: Sendable {
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

/// Texts for one problem: the first completion, and the samples.
struct EvalTexts: Sendable {
    var first: (text: String, finished: Bool)
    var samples: [(text: String, finished: Bool)]
}

/// Where the completions of an evaluation come from.
protocol EvalSource: Sendable {
    /// What the first completion of a problem is called.
    var firstName: String { get }
    /// Pieces of work under way at once.
    var window: Int { get }

    /// The completions of some problems; `index` numbers the piece of work.
    func texts(of problems: ArraySlice<Problem>, index: Int) async -> [EvalTexts]
}

/// Completions that were given.
struct EvalGiven: EvalSource {
    let given: GivenCompletions
    let firstName = "given"
    let window = 4

    func texts(of problems: ArraySlice<Problem>, index: Int) async -> [EvalTexts] {
        problems.map { problem in
            let all = given.byProblem[problem.id] ?? []
            return EvalTexts(first: all.first ?? ("", false), samples: all)
        }
    }
}

/// Completions that a model makes.
struct EvalModel: EvalSource {
    let configuration: RunConfiguration
    let samples: Int
    let beams: Int
    let lengthPenalty: Double
    let pool: GeneratePool
    let searches: [BeamLane]

    init(configuration: RunConfiguration, samples: Int, beams: Int, lengthPenalty: Double, pool: GeneratePool) {
        self.configuration = configuration
        self.samples = samples
        self.beams = beams
        self.lengthPenalty = lengthPenalty
        self.pool = pool
        let shape = pool.model.parameters.configuration
        searches = beams > 0 ? pool.lanes.map { _ in BeamLane(configuration: shape) } : []
    }

    var firstName: String { beams > 0 ? "beam" : "greedy" }
    var window: Int { 2 * pool.lanes.count }

    func texts(of problems: ArraySlice<Problem>, index: Int) async -> [EvalTexts] {
        let longest = configuration.data.maximumSourceLength
        let sources = problems.map { pool.model.tokenizer.encodePrompt(of: $0, maximumLength: longest) }
        let first = await first(sources, index: index)
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
        return sources.indices.map { offset in
            let own = sampled[offset * samples..<(offset + 1) * samples]
            return EvalTexts(
                first: (pool.text(of: first[offset]), first[offset].finished),
                samples: own.map { (pool.text(of: $0), $0.finished) }
            )
        }
    }

    private func first(_ sources: [[Int32]], index: Int) async -> [GeneratedSequence] {
        let rollout = configuration.rollout
        if beams > 0 {
            let settings = BeamSettings(
                beams: beams,
                lengthPenalty: lengthPenalty,
                minimumLength: rollout.minimumTargetLength,
                maximumLength: rollout.maximumTargetLength
            )
            return await searches[index % searches.count].search(sources, weights: pool.weights, settings: settings)
        }
        var settings = configuration.samplingSettings
        (settings.greedy, settings.topK, settings.topP) = (true, 0, 1)
        let none = RandomKey(high: 0, low: 0)
        return await pool.generate(
            sources.map { GenerationRequest(source: $0, key: none) },
            index: index,
            settings: settings
        )
    }
}

/// The work on a piece of the problems: judge and compare.
struct EvalWork: Sendable {
    let judge: JudgeOnThisMachine
    let analyzer: CodeAnalyzer
    /// Tests of each problem, from the first, that count as public; 0 when they are not asked for.
    let publicTests: Int

    func rows(of problems: ArraySlice<Problem>, texts: [EvalTexts]) async throws -> [EvalRow] {
        try await withThrowingTaskGroup(of: (Int, EvalRow).self) { group in
            for (offset, problem) in problems.enumerated() {
                let own = texts[offset]
                group.addTask { [self] in
                    let first = await completion(own.first, problem, isSample: false)
                    var others: [EvalCompletion] = []
                    for text in own.samples { others.append(await completion(text, problem, isSample: true)) }
                    return (offset, EvalRow(problem: problem, greedy: first, samples: others, analyzer: analyzer))
                }
            }
            var rows: [Int: EvalRow] = [:]
            for try await (offset, row) in group { rows[offset] = row }
            return (0..<problems.count).compactMap { rows[$0] }
        }
    }

    private func completion(
        _ written: (text: String, finished: Bool),
        _ problem: Problem,
        isSample: Bool
    ) async -> EvalCompletion {
        var job = ExecutionJob(problem, program: problem.program(of: written.text))
        let verdict = await judge.verdict(on: job)
        var result = EvalCompletion(text: written.text, finished: written.finished, verdict: verdict)
        guard isSample, publicTests > 0, problem.tests.count > publicTests else { return result }
        switch verdict.outcome {
        case .accepted: result.passesPublicTests = true
        case .compileError: result.passesPublicTests = false
        default:
            job.tests = Array(problem.tests.prefix(publicTests))
            result.passesPublicTests = await judge.verdict(on: job).outcome == .accepted
        }
        return result
    }
}

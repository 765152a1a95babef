import ArgumentParser
import Determinism
import Datasets
import Foundation
import Learner
import PPO
import Programs
import Tensors
import Tokenization
import Transformer

/// Which model a benchmark runs, and on what.
struct BenchModelOptions: ParsableArguments {
    @Flag(name: .customLong("codet5-small"), help: "The shape of CodeT5-small (60 M parameters) with random weights.")
    var isCodeT5Small = false

    @Option(help: "Prompts.")
    var prompts = 16

    @Option(help: "Completions per prompt.")
    var samples = 8

    @Option(help: "Longest completion, tokens; random weights rarely end earlier.")
    var maxTargetLength = 96

    @Option(help: "Threads; 0 is one per core.")
    var threads = 0

    @Flag(help: "Print the figures as one JSON object on stdout.")
    var json = false

    func validate() throws {
        guard prompts >= 1 else { throw ValidationError("--prompts is \(prompts), expected 1 or more") }
        guard samples >= 1 else { throw ValidationError("--samples is \(samples), expected 1 or more") }
        guard maxTargetLength >= 1 else {
            throw ValidationError("--max-target-length is \(maxTargetLength), expected 1 or more")
        }
        guard threads >= 0 else { throw ValidationError("--threads is \(threads), expected 0 (one per core) or more") }
    }

    var modelName: String { isCodeT5Small ? "CodeT5-small shape" : "default model's shape" }
    var settings: SamplingSettings { SamplingSettings(maximumLength: maxTargetLength) }
}

/// A model of random weights and prompts for it.
struct BenchModel {
    let parameters: T5Parameters
    let sources: [[Int32]]

    init(_ options: BenchModelOptions) {
        let fresh = PolicyModel.fresh(.builtinRun)
        let texts = BuiltinProblems(seed: 1).problems(.train, count: options.prompts).map(\.prompt)
        sources = texts.map { fresh.tokenizer.encodeSource($0, maximumLength: 96) }
        guard options.isCodeT5Small else {
            parameters = fresh.parameters
            return
        }
        let shape = T5Configuration(
            dModel: 512,
            dKV: 64,
            dFF: 2048,
            numEncoderLayers: 6,
            numDecoderLayers: 6,
            numHeads: 8,
            vocabularySize: 32_100
        )
        parameters = T5Parameters.random(configuration: shape, seed: 1)
    }

    /// One request per prompt and sample.
    func requests(samples: Int) -> [GenerationRequest] {
        sources.enumerated().flatMap { row, source in
            (0..<samples).map { sample in
                GenerationRequest(source: source, key: RandomKey(seed: 1, path: UInt64(row), UInt64(sample)))
            }
        }
    }

    /// Samples every request, in pieces of one batch, on `threads` threads.
    func generate(_ options: BenchModelOptions) async -> [GeneratedSequence] {
        let weights = GenerationWeights(parameters)
        let lanes = (0..<threadCount(options.threads)).map { _ in GenerateLane(configuration: parameters.configuration)
        }
        let requests = requests(samples: options.samples)
        let pieces = stride(from: 0, to: requests.count, by: GenerateLane.batch).map {
            Array(requests[$0..<min($0 + GenerateLane.batch, requests.count)])
        }
        return await withTaskGroup(of: (Int, [GeneratedSequence]).self) { group in
            for (index, piece) in pieces.enumerated() {
                group.addTask {
                    (
                        index,
                        await lanes[index % lanes.count].generate(piece, weights: weights, settings: options.settings)
                    )
                }
            }
            var results = [[GeneratedSequence]](repeating: [], count: pieces.count)
            for await (index, sequences) in group { results[index] = sequences }
            return Array(results.joined())
        }
    }
}

/// `ppocoder bench generate`: sampled tokens per second.
struct BenchGenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Samples completions with random weights; tokens per second and per CPU second."
    )

    @OptionGroup var options: BenchModelOptions

    func run() async throws {
        let model = BenchModel(options)
        let clock = BenchClock()
        let sequences = await model.generate(options)
        let (wall, cpu) = (clock.wallSeconds, clock.cpuSeconds)
        let tokens = Double(sequences.reduce(0) { $0 + $1.tokens.count })
        let row = BenchFigures.Row(
            name: options.modelName,
            figures: [
                "parameters": Double(model.parameters.buffer.count), "completions": Double(sequences.count),
                "tokens": tokens, "tokens_per_s": tokens / wall, "tokens_per_cpu_s": tokens / cpu, "wall_s": wall,
            ]
        )
        let figures = BenchFigures(
            bench: "generate",
            rows: [row],
            columns: [
                ("parameters", 0), ("completions", 0), ("tokens", 0), ("tokens_per_s", 0), ("tokens_per_cpu_s", 0),
                ("wall_s", 2),
            ]
        )
        try figures.report(json: options.json)
    }
}

/// `ppocoder bench update`: tokens learnt from per second.
struct BenchUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Does one PPO iteration on sampled completions with random scores; trained tokens per second.",
        discussion: "A token counts once per epoch. Settings of the default run."
    )

    @OptionGroup var options: BenchModelOptions

    func run() async throws {
        let model = BenchModel(options)
        let sequences = await model.generate(options)
        let key = RandomKey(seed: 1, path: 0)
        let trajectories = sequences.enumerated().map { slot, sequence in
            Trajectory(
                slot: slot,
                source: model.sources[slot / options.samples],
                tokens: sequence.tokens,
                logProbabilities: sequence.logProbabilities,
                values: sequence.values,
                entropies: sequence.entropies,
                finished: sequence.finished,
                score: key.uniform(counter: UInt64(slot)) < 0.5 ? -1 : 1
            )
        }
        var configuration = RunConfiguration.builtinRun
        configuration.rollout.samplesPerPrompt = options.samples
        configuration.rollout.maximumTargetLength = options.maxTargetLength
        if options.threads > 0 { configuration.cluster.learnerLanes = options.threads }
        let learner = PPOLearner(parameters: model.parameters, configuration: configuration)
        let clock = BenchClock()
        let metrics = try learner.update(trajectories: trajectories, step: 0)
        let (wall, cpu) = (clock.wallSeconds, clock.cpuSeconds)
        let tokens = Double(sequences.reduce(0) { $0 + $1.tokens.count } * configuration.ppo.epochs)
        let row = BenchFigures.Row(
            name: options.modelName,
            figures: [
                "parameters": Double(model.parameters.buffer.count), "trained_tokens": tokens,
                "trained_tokens_per_s": tokens / wall, "trained_tokens_per_cpu_s": tokens / cpu, "wall_s": wall,
                "gradient_norm": metrics["actor/grad_norm"] ?? .nan,
            ]
        )
        let figures = BenchFigures(
            bench: "update",
            rows: [row],
            columns: [
                ("parameters", 0), ("trained_tokens", 0), ("trained_tokens_per_s", 0), ("trained_tokens_per_cpu_s", 0),
                ("wall_s", 2), ("gradient_norm", 3),
            ]
        )
        try figures.report(json: options.json)
    }
}

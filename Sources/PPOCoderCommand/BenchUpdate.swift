import ArgumentParser
import Determinism
import Foundation
import Learner
import Optimizers
import PPO
import Telemetry
import Tensors
import Transformer

/// `ppocoder bench update`: tokens learnt from per second.
struct BenchUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Does PPO iterations on completions with random scores; trained tokens per second.",
        discussion: """
            A token counts once per epoch. The share of the peak counts the products of forward and backward once per \
            epoch and one more forward, as the mathematics needs them, and no recomputation.
            """
    )

    @OptionGroup var options: BenchModelOptions

    @OptionGroup var learning: BenchLearningOptions

    func run() async throws {
        let model = try BenchModel(options)
        let batch = await trajectories(model)
        let learner = PPOLearner(parameters: model.parameters, configuration: learning.configuration(model, options))
        let planned = (0...options.repeats).map { learner.plannedBytes(batch, step: $0) }.max() ?? 0
        writeNotice("planned peak memory: \(planned >> 20) MiB")
        let limits = BenchLimits.measured()
        var runs: [BenchRun] = []
        var norm = 0.0
        for step in 0...options.repeats {
            let clock = BenchClock()
            let metrics = try learner.update(trajectories: batch, step: step)
            runs.append(BenchRun(wall: clock.wallSeconds, cpu: clock.cpuSeconds))
            norm = metrics["actor/grad_norm"] ?? .nan
        }
        runs.removeFirst()
        let work = BenchWork(model.parameters.configuration)
        let forward = batch.reduce(0.0) { $0 + work.forwardOperations(source: nil, target: $1.tokens.count) }
        let sources = model.sources.reduce(0.0) { $0 + work.forwardOperations(source: $1.count, target: 0) }
        let operations = (forward + sources) * Double(3 * learning.epochs + 1)
        let tokens = Double(batch.reduce(0) { $0 + $1.tokens.count } * learning.epochs)
        var figures = runs.figures(tokens: tokens)
        figures.merge([
            "parameters": Double(model.parameters.buffer.count), "trained_tokens": tokens, "gradient_norm": norm,
            "planned_mib": Double(planned) / 1048576,
            "gflops": operations / runs.median(\.cpu) * 1e-9,
            "share_of_peak_percent": 100 * operations / runs.median(\.cpu) / limits.operationsPerSecond,
        ]) { $1 }
        let report = BenchFigures(
            bench: "update",
            rows: [BenchFigures.Row(name: options.modelName, figures: figures)],
            columns: [
                ("parameters", 0), ("trained_tokens", 0), ("tokens_per_s", 0), ("tokens_per_cpu_s", 0),
                ("spread_percent", 0), ("gflops", 1), ("share_of_peak_percent", 1), ("planned_mib", 0), ("peak_mib", 0),
                ("gradient_norm", 3),
            ]
        )
        try report.report(json: options.json)
    }

    /// Completions from the file, or sampled ones, with random scores.
    private func trajectories(_ model: BenchModel) async -> [Trajectory] {
        let key = RandomKey(seed: 1, path: 0)
        let sequences: [GeneratedSequence]
        if let targets = model.targets {
            // Their log-probabilities only say how far the policy has moved; the learner recomputes its own.
            sequences = targets.map { tokens in
                let zeros = [Float](repeating: 0, count: tokens.count)
                return GeneratedSequence(tokens: tokens, logProbabilities: zeros, values: zeros, entropies: zeros)
            }
        } else {
            let generator = BenchGenerator(model.parameters, threads: options.threads)
            sequences = await generator.generate(model.requests, batch: options.batch, settings: options.settings)
        }
        return benchTrajectories(sequences, model) { key.uniform(counter: UInt64($0)) < 0.5 ? -1 : 1 }
    }
}

/// Completions of a benchmark's prompts, with the score of each by its number.
func benchTrajectories(
    _ sequences: [GeneratedSequence],
    _ model: BenchModel,
    score: (Int) -> Double
) -> [Trajectory] {
    sequences.enumerated().map { slot, sequence in
        Trajectory(
            slot: slot,
            source: model.sources[slot / model.samples],
            tokens: sequence.tokens,
            logProbabilities: sequence.logProbabilities,
            values: sequence.values,
            entropies: sequence.entropies,
            finished: sequence.finished,
            score: score(slot)
        )
    }
}

/// How a benchmark learns.
struct BenchLearningOptions: ParsableArguments {
    @Option(help: "Passes over the batch.")
    var epochs = 4

    @Option(help: "Completions per gradient step.")
    var minibatch = 4

    @Option(help: "Completions per forward and backward pass.")
    var microbatch = 16

    @Flag(help: "Compute activations again in backward instead of keeping them.")
    var recompute = false

    /// Settings of a learner that does so on `model`.
    func configuration(_ model: BenchModel, _ options: BenchModelOptions) -> RunConfiguration {
        var configuration = RunConfiguration.builtinRun
        configuration.rollout.samplesPerPrompt = model.samples
        configuration.rollout.maximumTargetLength = options.maxTargetLength
        configuration.rollout.asp = options.topK
        configuration.cluster.learnerLanes = threadCount(options.threads)
        configuration.cluster.microbatchSize = microbatch
        configuration.cluster.recomputeActivations = recompute
        configuration.optimizer.schedule.decay = .constant
        configuration.ppo.epochs = epochs
        configuration.ppo.minibatchSize = minibatch
        // The same completions are learnt from again and again, so that they are those of an older policy.
        configuration.run.staleness = 1
        // The critic's warm-up would leave out most of the backward pass.
        configuration.ppo.criticWarmupSteps = 0
        return configuration
    }
}

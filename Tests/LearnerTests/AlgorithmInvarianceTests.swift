import Determinism
import Foundation
import Learner
import Optimizers
import PPO
import Rewards
import Telemetry
import Testing
import Transformer

/// Every method keeps the promise of `RunInvarianceTests`: resumed, with other workers, with one of them killed.
@Suite(.serialized) struct AlgorithmInvarianceTests {
    /// What a run is made of beside its preset.
    struct Variant: Sendable, CustomTestStringConvertible {
        var name: String
        var staleness: Int
        var change: @Sendable (inout RunConfiguration) -> Void
        var testDescription: String { "\(name), staleness \(staleness)" }
    }

    private static let methods: [(String, @Sendable (inout RunConfiguration) -> Void)] = [
        ("ppo", { $0.apply(.ppocoder) }),
        ("grpo", { $0.apply(.grpo) }),
        ("rloo", { $0.apply(.rloo) }),
    ]

    private static let others: [Variant] = [
        Variant(name: "decoupled, separate critic, running rewards", staleness: 2) {
            $0.apply(.ppocoder)
            $0.critic.separate = true
            $0.critic.pretrainingIterations = 1
            $0.ppo.offPolicy = .decoupled
            $0.ppo.rewardNormalization = .running
        },
        Variant(name: "dapo with refills, truncated weights", staleness: 1) {
            $0.apply(.dapo)
            $0.ppo.offPolicy = .truncated
            // Execution alone: with structure in the score hardly a prompt is without variance.
            $0.reward.astWeight = 0
            $0.reward.dataFlowWeight = 0
        },
        Variant(name: "coderl", staleness: 1) { $0.apply(.coderl) },
    ]

    static let variants =
        methods.flatMap { method in [0, 1, 2].map { Variant(name: method.0, staleness: $0, change: method.1) } }
        + others

    @Test(arguments: variants)
    func resumedAndDisturbedRunsEndInTheSameWeights(variant: Variant) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = folder.appending(path: "model")
        func configuration(_ name: String) -> RunConfiguration {
            var configuration = InMemoryRun.configuration(
                staleness: variant.staleness,
                model: model,
                output: folder.appending(path: name)
            )
            configuration.run.iterations = 4
            configuration.run.evaluateEvery = 4
            configuration.sft.batchSize = 4
            // A worker that goes without a word is missed sooner.
            configuration.cluster.silenceSeconds = 1
            variant.change(&configuration)
            return configuration
        }
        let first = configuration("one")
        try first.validate()
        try PolicyModel.fresh(first, source: ProblemSource(configuration: first)).save(to: model)
        let start = try PolicyModel.load(from: model.path).parameters.digest()
        let one = try await InMemoryRun.train(first, workers: 1)
        #expect(one != start, "nothing was learnt, so nothing is shown")
        #expect(try await InMemoryRun.train(configuration("three"), workers: 3, losing: true) == one)
        var halves = configuration("halves")
        halves.run.iterations = 2
        _ = try await InMemoryRun.train(halves, workers: 1)
        halves.run.iterations = 4
        #expect(try await InMemoryRun.train(halves, workers: 3, resume: true) == one)
        try requireRecord(of: first, staleness: variant.staleness)
    }

    /// What every run writes: known names, ages within the bound, first ratios of exactly 1.
    private func requireRecord(of configuration: RunConfiguration, staleness: Int) throws {
        let records = try RunLog.read(RunDirectory(configuration: configuration).metrics)
        #expect(MetricName.unknown(in: Set(records.flatMap { $0.metrics.keys })) == [])
        let ages = records.compactMap { $0.metrics["training/off_policy/trajectory_staleness/max"] }
        #expect(ages == (0..<4).map { Double(min($0, staleness)) })
        if staleness == 0 || configuration.ppo.offPolicy != .behaviour {
            #expect(records.compactMap { $0.metrics["training/first_ratio_error_max"] }.allSatisfy { $0 == 0 })
        }
        if configuration.rollout.refillRounds > 0 {
            let refilled = records.compactMap { $0.metrics["rollout/refilled_prompts"] }
            #expect(refilled.contains { $0 > 0 }, "no prompt was refilled, so nothing is shown")
        }
    }

    /// With a learning rate of 0 nothing moves, and what workers record stays what the learner computes.
    @Test func nothingDriftsWithoutALearningRate() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = folder.appending(path: "model")
        var configuration = InMemoryRun.configuration(staleness: 1, model: model, output: folder)
        configuration.optimizer.learningRate = 0
        configuration.run.iterations = 8
        configuration.run.evaluateEvery = 8
        configuration.run.checkpointEvery = 8
        try PolicyModel.fresh(configuration, source: ProblemSource(configuration: configuration)).save(to: model)
        let start = try PolicyModel.load(from: model.path).parameters.digest()
        #expect(try await InMemoryRun.train(configuration, workers: 2) == start)
        let records = try RunLog.read(RunDirectory(configuration: configuration).metrics)
        for (name, value) in [
            ("training/rollout_log_prob_diff_max", 0.0), ("actor/ratio/max", 1), ("actor/ppo_kl", 0),
            ("actor/reward_kl_per_trajectory", 0), ("actor/pg_clipfrac", 0),
        ] {
            let values = records.compactMap { $0.metrics[name] }
            #expect(values == [Double](repeating: value, count: 8), "\(name)")
        }
    }

    /// `replay` makes the weights and the metrics of the run; `diff` finds where another run parts.
    @Test func recordedRolloutsReproduceTheRunAndAnotherSeedIsNamed() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = folder.appending(path: "model")
        func configuration(_ name: String) -> RunConfiguration {
            var configuration = InMemoryRun.configuration(
                staleness: 1,
                model: model,
                output: folder.appending(path: name)
            )
            configuration.run.iterations = 3
            configuration.run.evaluateEvery = 3
            configuration.run.recordRollouts = true
            configuration.run.keepCheckpoints = 9
            return configuration
        }
        let first = configuration("one")
        try PolicyModel.fresh(first, source: ProblemSource(configuration: first)).save(to: model)
        var other = configuration("other")
        other.ppo.clipEpsilon = 0.01
        for configuration in [first, configuration("same"), other] {
            _ = try await InMemoryRun.train(configuration, workers: 1)
            let run = RunDirectory(configuration: configuration)
            try configuration.yaml().write(to: run.configuration, atomically: true, encoding: .utf8)
        }
        let runs = ["one", "same", "other"].map { RunDirectory(configuration: configuration($0)) }
        let weights = try RunComparison.weights(runs[0])
        let metrics = try RunComparison.learntMetrics(runs[0])
        let replay = try ReplayRun(model: PolicyModel.load(from: model.path), configuration: first)
        let rows = try String(contentsOf: runs[0].rollouts, encoding: .utf8).split(separator: "\n")
            .map { try JSONDecoder().decode(ReplayRow.self, from: Data($0.utf8)) }
        for step in 0..<3 {
            let batch = rows.filter { $0.step == step }.map(\.trajectory)
            let update = try await replay.update(step: step, trajectories: batch)
            #expect(update.weights == weights[step])
            let made = update.metrics.filter { RunComparison.isLearnt($0.key) }
            #expect(made.count > 30)
            let known = (metrics[step + 1] ?? [:]).filter { made.keys.contains($0.key) }
            #expect(RunComparison.difference(made, known)?.name == nil)
        }
        let same = try RunComparison(runs[0], runs[1])
        #expect(same.isSame && same.steps == 3)
        #expect(same.differences.map(\.name) == ["run.output_path"])
        let parted = try RunComparison(runs[0], runs[2])
        #expect(!parted.isSame)
        #expect(parted.differences.contains { $0.name == "ppo.clip_epsilon" })
        // The clip shows after the first update: in its metrics, its weights, its checkpoint.
        let kinds = parted.differences.filter { $0.step == 1 }.map(\.kind)
        #expect(kinds == ["metric", "weights", "tensor"])
    }
}

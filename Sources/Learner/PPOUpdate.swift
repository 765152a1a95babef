internal import Determinism
internal import Foundation
internal import Optimizers
internal import PPO
internal import Telemetry
internal import Tensors
package import Transformer

/// Actor and critic with everything an update changes: weights, optimisers, KL controller.
///
/// With `PPOMinibatch`, `SeparateCritic` and `UpdateChecks` the only place where PPO meets the transformer. Deterministic: the same trajectories in the same order give the same
/// bits, whatever the number of threads.
package final class PPOLearner {
    package let parameters: T5Parameters
    /// Advantages of the newest batch after whitening, by trajectory and token.
    private(set) var lastAdvantages: [[Float]] = []
    let optimizer: AdamW
    let lanes: GradientLanes
    let configuration: RunConfiguration
    let sampling: SamplingSettings
    /// The critic, where it has a trunk of its own.
    let critic: SeparateCritic?
    private let policyParameters: Set<String>
    private let criticParameters: Set<String>
    private var controller: KLController
    private var moments: RewardMoments
    var gradientSteps = 0

    /// What an update leaves behind beside the weights and the optimisers' moments.
    package struct State: Codable, Sendable, Equatable {
        var klCoefficient: Double
        var gradientSteps: Int
        var rewardMoments: RewardMoments?
    }

    package var state: State {
        State(klCoefficient: controller.coefficient, gradientSteps: gradientSteps, rewardMoments: moments)
    }

    /// - Parameters:
    ///   - parameters: the weights to train, changed in place.
    ///   - critic: the weights of a separate critic; nil starts one from `parameters` if there is to be one.
    ///   - configuration: of the run.
    ///   - state: of a checkpoint, or nil to start.
    package init(
        parameters: T5Parameters,
        critic: T5Parameters? = nil,
        configuration: RunConfiguration,
        state: State? = nil
    ) {
        self.parameters = parameters
        self.configuration = configuration
        sampling = configuration.samplingSettings
        let fresh = KLController(configuration.ppo)
        controller = KLController(coefficient: state?.klCoefficient ?? fresh.coefficient, rule: fresh.rule)
        moments = state?.rewardMoments ?? RewardMoments()
        gradientSteps = state?.gradientSteps ?? 0
        lanes = GradientLanes(
            count: configuration.cluster.learnerLanes,
            configuration: parameters.configuration,
            recomputes: configuration.cluster.recomputeActivations
        )
        optimizer = makeOptimizer(parameters, gradients: lanes.gradients, configuration: configuration.optimizer)
        self.critic =
            configuration.hasSeparateCritic
            ? SeparateCritic(parameters: critic ?? parameters.copy(), configuration: configuration) : nil
        let names = Set(parameters.entries.map(\.name))
        criticParameters = names.filter { $0.hasPrefix("value_head") }
        policyParameters = names.subtracting(criticParameters)
    }

    /// One iteration: advantages, then epochs × minibatches of gradient steps.
    ///
    /// - Parameters:
    ///   - trajectories: the batch in slot order; masked ones are left out of everything.
    ///   - step: the iteration, which with the seed decides the minibatches.
    /// - Returns: metrics under verl's names.
    /// - Throws: ``LearnerError/nonFinite(step:slots:detail:)`` before any weight is changed by a bad gradient,
    ///   ``LearnerError/invariant(step:detail:)`` when what must hold of any first minibatch does not.
    package func update(trajectories: [Trajectory], step: Int) throws(LearnerError) -> [String: Double] {
        try requireMemory(trajectories, step: step)
        let groups = Self.groups(of: trajectories)
        let coefficient = Float(controller.coefficient)
        var clock = Stopwatch()
        let recomputed = score(trajectories)
        var metrics = ["timing_s/old_log_prob": clock.lap()]
        metrics.merge(Self.disagreement(trajectories, recomputed)) { $1 }
        let batch = makeBatch(trajectories, groups, recomputed, coefficient: coefficient, step: step)
        lastAdvantages = batch.advantages.advantages
        metrics["timing_s/adv"] = clock.lap()
        let usesCritic = settings(of: step).advantageEstimator.usesCritic
        metrics.merge(
            trajectoryStatistics(
                batch.scored,
                batch: batch.advantages,
                klCoefficient: coefficient,
                usesCritic: usesCritic
            )
        ) { $1 }
        metrics.merge(batch.weightMetrics) { $1 }
        if configuration.ppo.klPlacement == .reward {
            metrics["reward/kl/mean"] = batch.advantages.meanKL.map { -Double(coefficient) * $0 }
        }
        try require(metrics, step: step)
        let figures = try epochs(batch, groups: groups, step: step)
        metrics["timing_s/update_actor"] = clock.lap()
        metrics.merge(figures.metrics(usesCritic: usesCritic)) { $1 }
        if figures.steps > 0 {
            let rate = learningRate(step: gradientSteps - 1)
            metrics["actor/lr"] = rate
            if usesCritic { metrics["critic/lr"] = criticLearningRate(policy: rate) }
        }
        if let kl = batch.advantages.meanKL {
            controller.update(kl: kl, trajectories: trajectories.count { !$0.masked })
        }
        return metrics
    }

    /// The settings of iteration `step`: while the critic is trained alone, its targets are Monte Carlo returns.
    private func settings(of step: Int) -> PPOConfiguration {
        var ppo = configuration.ppo
        // Source: Yuan et al. 2025, VC-PPO, https://arxiv.org/abs/2503.01491, section 4.1.
        if step < configuration.critic.pretrainingIterations { ppo.valueLambda = 1 }
        return ppo
    }

    /// Advantages, ratios' denominators and weights of a batch.
    private func makeBatch(
        _ trajectories: [Trajectory],
        _ groups: [[Int]],
        _ recomputed: [[Float]],
        coefficient: Float,
        step: Int
    ) -> UpdateBatch {
        let ppo = settings(of: step)
        var scored = trajectories.map(\.scored)
        if let values = critic?.values(trajectories) {
            for i in scored.indices where scored[i].isIncluded { scored[i].values = values[i] }
        }
        let scores = normalizedScores(
            scored.map(\.score),
            included: scored.map(\.isIncluded),
            rule: ppo.rewardNormalization,
            moments: &moments
        )
        var normalized = scored
        for i in normalized.indices { normalized[i].score = scores[i] }
        let advantages = AdvantageBatch(normalized, groups: groups, klCoefficient: coefficient, configuration: ppo)
        // On-policy the learner's own arithmetic is the denominator, so that the first ratio is exactly 1.
        let isOwn = configuration.run.staleness == 0 || ppo.offPolicy != .behaviour
        let corrects = configuration.run.staleness > 0 && ppo.offPolicy != .behaviour
        let cap = ppo.offPolicy == .truncated ? ppo.importanceCap : nil
        let weights = trajectories.indices.map { i -> [Float] in
            let trajectory = trajectories[i]
            guard !trajectory.masked, corrects || !trajectory.idleTokens.isEmpty else { return [] }
            var weights =
                corrects
                ? importanceWeights(
                    proximal: recomputed[i],
                    behaviour: trajectory.behaviourLogProbabilities,
                    cap: cap
                ) : [Float](repeating: 1, count: trajectory.tokens.count)
            for token in trajectory.idleTokens { weights[token] = 0 }
            return weights
        }
        return UpdateBatch(
            trajectories: trajectories,
            scored: scored,
            advantages: advantages,
            old: isOwn ? recomputed : trajectories.map(\.behaviourLogProbabilities),
            isOwn: isOwn,
            weights: weights,
            corrects: corrects,
            lossKL: ppo.klPlacement == .loss ? coefficient : 0
        )
    }

    /// Gradient steps over the whole batch, epoch after epoch.
    private func epochs(_ batch: UpdateBatch, groups: [[Int]], step: Int) throws(LearnerError) -> UpdateFigures {
        let ppo = configuration.ppo
        var figures = UpdateFigures()
        for epoch in 0..<ppo.epochs {
            for chosen in minibatchesOfGroups(groups.count, epoch: epoch, step: step) {
                let members = chosen.flatMap { groups[$0] }.filter { batch.advantages.included[$0] }
                guard !members.isEmpty else { continue }
                let trainsPolicy =
                    ppo.trainsPolicy(step: gradientSteps) && step >= configuration.critic.pretrainingIterations
                let result = minibatch(members, batch, trainsPolicy: trainsPolicy)
                try requireFinite(result, members, batch, step: step)
                if figures.steps == 0, batch.isOwn { try requireFirst(result, step: step, figures: &figures) }
                let norms = try applyOptimizers(trainsPolicy: trainsPolicy, step: step, members, batch)
                figures.add(result, norms: norms)
                gradientSteps += 1
                if ppo.stopsEarly(approximateKL: result.policy.approximateKL) { return figures }
            }
        }
        return figures
    }

    /// Which groups of trajectories make up the minibatches of an epoch.
    func minibatchesOfGroups(_ count: Int, epoch: Int, step: Int) -> [[Int]] {
        let size = max(1, configuration.ppo.minibatchSize / max(1, configuration.rollout.samplesPerPrompt))
        let key = RandomKey(seed: configuration.run.seed, path: RandomPurpose.minibatches, UInt64(step))
        return minibatches(count: count, size: size, epoch: epoch, key: key)
    }

    private func learningRate(step: Int) -> Double {
        configuration.optimizer.learningRate * configuration.optimizer.schedule.factor(step: step)
    }

    /// The critic's rate beside the policy's: its own one, or the same.
    private func criticLearningRate(policy: Double) -> Double {
        let own = Double(configuration.ppo.criticLearningRate)
        return own > 0 ? own : policy
    }

    /// One gradient step of critic and policy, each with its own rate and its own clipping.
    ///
    /// - Returns: the norms of their gradients before clipping; 0 for what is not trained.
    private func applyOptimizers(
        trainsPolicy: Bool,
        step: Int,
        _ members: [Int],
        _ batch: UpdateBatch
    ) throws(LearnerError) -> (policy: Double, critic: Double) {
        let maximum = Double(configuration.ppo.maximumGradientNorm)
        let policyRate = learningRate(step: gradientSteps)
        let criticRate = criticLearningRate(policy: policyRate)
        do {
            // What could refuse its gradient comes first, while nothing has changed.
            var norms = (policy: 0.0, critic: 0.0)
            let measured = try optimizer.measure()
            if let critic {
                norms.critic = try critic.step(learningRate: criticRate, maximumGradientNorm: maximum)
            } else if configuration.ppo.advantageEstimator.usesCritic {
                norms.critic = try optimizer.step(
                    learningRate: criticRate,
                    maximumGradientNorm: maximum,
                    frozen: policyParameters,
                    measured: measured
                ).gradientNorm
            }
            if trainsPolicy {
                norms.policy = try optimizer.step(
                    learningRate: policyRate,
                    maximumGradientNorm: maximum,
                    frozen: criticParameters,
                    measured: measured
                ).gradientNorm
            }
            return norms
        } catch {
            throw .nonFinite(step: step, slots: members.map { batch.trajectories[$0].slot }, detail: "\(error)")
        }
    }

    /// Teacher forcing on reference programs between two iterations, with the policy's optimiser and rate.
    ///
    /// Source: Le et al. 2022 (CodeRL), section 3.2, and Liu et al. 2023 (RLTF), section 3.2, whose policies learn from both.
    ///
    /// - Returns: mean cross-entropy per target token before the step, nats.
    package func supervise(_ examples: [SupervisedExample], step: Int) throws(LearnerError) -> Double {
        let size = configuration.cluster.microbatchSize
        let loss = SupervisedTrainer.accumulate(
            examples,
            parameters: parameters,
            lanes: lanes,
            microbatchSize: size,
            smoothing: configuration.sft.labelSmoothing
        )
        guard loss.isFinite else { throw .nonFinite(step: step, detail: "supervised loss \(loss)") }
        do {
            _ = try optimizer.step(
                learningRate: learningRate(step: max(0, gradientSteps - 1)),
                maximumGradientNorm: Double(configuration.ppo.maximumGradientNorm),
                frozen: criticParameters
            )
        } catch {
            throw .nonFinite(step: step, detail: "supervised: \(error)")
        }
        return loss
    }
}

extension RunConfiguration {
    /// Whether the critic has weights of its own.
    var hasSeparateCritic: Bool { critic.separate && ppo.advantageEstimator.usesCritic }
}

internal import Determinism
internal import Foundation
internal import Optimizers
internal import PPO
internal import Telemetry
internal import Tensors
package import Transformer

/// Actor and critic with everything an update changes: weights, optimiser, KL controller.
///
/// The only place where PPO meets the transformer. Deterministic: the same trajectories in the same order give the same
/// bits, whatever the number of threads.
package final class PPOLearner {
    package let parameters: T5Parameters
    /// Advantages of the newest batch after whitening, by trajectory and token.
    private(set) var lastAdvantages: [[Float]] = []
    let optimizer: AdamW
    private let lanes: GradientLanes
    private let configuration: RunConfiguration
    private let sampling: SamplingSettings
    private let policyParameters: Set<String>
    private let criticParameters: Set<String>
    private var controller: KLController
    private var gradientSteps = 0

    /// What an update leaves behind beside the weights and the optimiser's moments.
    package struct State: Codable, Sendable, Equatable {
        var klCoefficient: Double
        var gradientSteps: Int
    }

    package var state: State { State(klCoefficient: controller.coefficient, gradientSteps: gradientSteps) }

    /// - Parameters:
    ///   - parameters: the weights to train, changed in place.
    ///   - configuration: of the run.
    ///   - state: of a checkpoint, or nil to start.
    package init(parameters: T5Parameters, configuration: RunConfiguration, state: State? = nil) {
        self.parameters = parameters
        self.configuration = configuration
        sampling = configuration.samplingSettings
        let fresh = KLController(configuration.ppo)
        controller = KLController(coefficient: state?.klCoefficient ?? fresh.coefficient, rule: fresh.rule)
        gradientSteps = state?.gradientSteps ?? 0
        lanes = GradientLanes(
            count: configuration.cluster.learnerLanes,
            configuration: parameters.configuration,
            recomputes: configuration.cluster.recomputeActivations
        )
        optimizer = makeOptimizer(parameters, gradients: lanes.gradients, configuration: configuration.optimizer)
        let names = Set(parameters.entries.map(\.name))
        criticParameters = names.filter { $0.hasPrefix("value_head") }
        policyParameters = names.subtracting(criticParameters)
    }

    /// One PPO iteration: advantages, then epochs × minibatches of gradient steps.
    ///
    /// - Parameters:
    ///   - trajectories: the batch in slot order; masked ones are left out of everything.
    ///   - step: the iteration, which with the seed decides the minibatches.
    /// - Returns: metrics under verl's names.
    /// - Throws: ``LearnerError/nonFinite(step:detail:)`` before any weight is changed by a bad gradient.
    package func update(trajectories: [Trajectory], step: Int) throws(LearnerError) -> [String: Double] {
        let ppo = configuration.ppo
        let limit = configuration.cluster.memoryLimitBytes
        if limit > 0 {
            let planned = plannedBytes(trajectories, step: step)
            guard planned <= limit else { throw .memory(step: step, planned: planned, limit: limit) }
        }
        let scored = trajectories.map { $0.scored }
        let groups = Self.groups(of: trajectories)
        let coefficient = Float(controller.coefficient)
        let advantages = AdvantageBatch(
            ppo.groupBaseline ? Self.relative(scored, groups: groups) : scored,
            klCoefficient: coefficient,
            configuration: ppo
        )
        lastAdvantages = advantages.advantages
        var metrics = trajectoryStatistics(scored, batch: advantages, klCoefficient: coefficient)

        var clock = Stopwatch()
        let recomputed = score(trajectories)
        metrics["timing_s/old_log_prob"] = clock.lap()
        metrics.merge(Self.disagreement(trajectories, recomputed)) { $1 }
        // On-policy the learner's own arithmetic is the denominator, so that the first ratio is exactly 1.
        let old = configuration.run.staleness == 0 ? recomputed : trajectories.map(\.behaviourLogProbabilities)

        var policy = PolicyStatistics()
        var value = ValueStatistics()
        var entropy = 0.0
        var norms: [(policy: Double, critic: Double)] = []
        epochs: for epoch in 0..<ppo.epochs {
            for chosen in minibatchesOfGroups(groups.count, epoch: epoch, step: step) {
                let members = chosen.flatMap { groups[$0] }.filter { advantages.included[$0] }
                guard !members.isEmpty else { continue }
                let result = minibatch(members, trajectories, old: old, advantages: advantages)
                guard result.policy.loss.isFinite, result.value.loss.isFinite else {
                    throw .nonFinite(
                        step: step,
                        detail: "policy loss \(result.policy.loss), value loss \(result.value.loss), slots \(members)"
                    )
                }
                norms.append(try applyOptimizer(step: step))
                policy.merge(result.policy)
                value.merge(result.value)
                entropy += result.entropySum
                gradientSteps += 1
                if ppo.stopsEarly(approximateKL: result.policy.approximateKL) { break epochs }
            }
        }
        metrics["timing_s/update_actor"] = clock.lap()
        metrics.merge(policy.metrics) { $1 }
        metrics.merge(value.metrics) { $1 }
        if !norms.isEmpty {
            metrics["actor/pg_loss"] = policy.loss / Double(norms.count)
            metrics["critic/vf_loss"] = value.loss / Double(norms.count)
            metrics["actor/grad_norm"] = norms.reduce(0) { $0 + $1.policy } / Double(norms.count)
            metrics["critic/grad_norm"] = norms.reduce(0) { $0 + $1.critic } / Double(norms.count)
            metrics["actor/entropy"] = entropy / Double(max(1, policy.tokens))
            metrics["actor/lr"] = learningRate(step: gradientSteps - 1)
        }
        if let kl = advantages.meanKL {
            controller.update(kl: kl, trajectories: advantages.included.count { $0 })
        }
        return metrics
    }

    /// Which groups of trajectories make up the minibatches of an epoch.
    private func minibatchesOfGroups(_ count: Int, epoch: Int, step: Int) -> [[Int]] {
        let size = max(1, configuration.ppo.minibatchSize / max(1, configuration.rollout.samplesPerPrompt))
        let key = RandomKey(seed: configuration.run.seed, path: RandomPurpose.minibatches, UInt64(step))
        return minibatches(count: count, size: size, epoch: epoch, key: key)
    }

    /// Bytes that the process will hold at most during an update: weights, moments, the gradients and the largest
    /// micro-batch of every lane, and what a process has anyway.
    package func plannedBytes(_ trajectories: [Trajectory], step: Int) -> Int {
        let groups = Self.groups(of: trajectories)
        let size = configuration.cluster.microbatchSize
        let scorer = lanes.lanes[0].scorer
        func largest(_ members: [Int], keeps: Bool) -> Int {
            Self.chunks(members, size: size).map { chunk in
                scorer.plannedFloats(Self.batch(chunk.map { trajectories[$0] }), keepForBackward: keeps)
            }.max() ?? 0
        }
        let members = trajectories.indices.filter { !trajectories[$0].masked }
        var arena = largest(members, keeps: false)
        for epoch in 0..<configuration.ppo.epochs {
            for chosen in minibatchesOfGroups(groups.count, epoch: epoch, step: step) {
                arena = max(
                    arena,
                    largest(chosen.flatMap { groups[$0] }.filter { !trajectories[$0].masked }, keeps: true)
                )
            }
        }
        let lanes = configuration.cluster.learnerLanes
        let floats = parameters.buffer.count * (3 + lanes) + lanes * arena
        return floats * MemoryLayout<Float>.stride + Self.processBytes
    }

    /// Code, runtime and small objects of a process that has loaded a model: measured.
    private static let processBytes = 48 << 20

    private func learningRate(step: Int) -> Double {
        configuration.optimizer.learningRate * configuration.optimizer.schedule.factor(step: step)
    }

    /// One gradient step of critic and policy, each with its own rate and its own clipping.
    ///
    /// - Returns: the norms of their gradients before clipping; the policy's is 0 during the critic's warm-up.
    private func applyOptimizer(step: Int) throws(LearnerError) -> (policy: Double, critic: Double) {
        let maximum = Double(configuration.ppo.maximumGradientNorm)
        let policyRate = learningRate(step: gradientSteps)
        let criticRate = Double(configuration.ppo.criticLearningRate)
        do {
            let critic = try optimizer.step(
                learningRate: criticRate > 0 ? criticRate : policyRate,
                maximumGradientNorm: maximum,
                frozen: policyParameters
            )
            guard configuration.ppo.trainsPolicy(step: gradientSteps) else { return (0, critic.gradientNorm) }
            let policy = try optimizer.step(
                learningRate: policyRate,
                maximumGradientNorm: maximum,
                frozen: criticParameters
            )
            return (policy.gradientNorm, critic.gradientNorm)
        } catch {
            throw .nonFinite(step: step, detail: "\(error)")
        }
    }

    private struct MinibatchResult: Sendable {
        var policy = PolicyStatistics()
        var value = ValueStatistics()
        var entropySum = 0.0

        mutating func merge(_ other: MinibatchResult) {
            policy.merge(other.policy)
            value.merge(other.value)
            entropySum += other.entropySum
        }
    }

    /// Leaves the gradient of one minibatch in the lanes' sum.
    private func minibatch(
        _ members: [Int],
        _ trajectories: [Trajectory],
        old: [[Float]],
        advantages: AdvantageBatch
    ) -> MinibatchResult {
        lanes.zeroGradients()
        let ppo = configuration.ppo
        let trainsPolicy = ppo.trainsPolicy(step: gradientSteps)
        let normalizer = lossNormalizer(
            lengths: members.map { trajectories[$0].tokens.count },
            included: members.map { _ in true }
        )
        let chunks = Self.chunks(members, size: configuration.cluster.microbatchSize)
        // Nothing writes them until all lanes are done.
        let parameters = self.parameters
        let sampling = self.sampling
        let results = lanes.forEachMicrobatch(chunks.count) { lane, index in
            let chunk = chunks[index]
            lane.scorer.stopValueGradientIntoTrunk = !trainsPolicy
            let scores = lane.scorer.forward(
                parameters: parameters,
                batch: Self.batch(chunk.map { trajectories[$0] }),
                settings: sampling,
                keepForBackward: true
            )
            var result = MinibatchResult()
            var policyGradients: [[Float]] = []
            var valueGradients: [[Float]] = []
            for (member, score) in zip(chunk, scores) {
                let behaviour = old[member]
                let advantage = advantages.advantages[member]
                let behaviourValues = trajectories[member].values
                let returns = advantages.returns[member]
                let surrogate = clippedSurrogate(
                    logProbabilities: score.logProbabilities.span,
                    behaviourLogProbabilities: behaviour.span,
                    advantages: advantage.span,
                    clipEpsilon: ppo.clipEpsilon,
                    normalizer: normalizer
                )
                let critic = clippedValueLoss(
                    values: score.values.span,
                    behaviourValues: behaviourValues.span,
                    returns: returns.span,
                    clipEpsilon: ppo.valueClipEpsilon,
                    normalizer: normalizer
                )
                result.policy.merge(surrogate.statistics)
                result.value.merge(critic.statistics)
                result.entropySum += score.entropies.reduce(0) { $0 + Double($1) }
                policyGradients.append(trainsPolicy ? surrogate.gradients : surrogate.gradients.map { _ in 0 })
                valueGradients.append(critic.gradients.map { $0 * ppo.valueCoefficient })
            }
            let entropyGradients =
                trainsPolicy && ppo.entropyCoefficient > 0
                ? scores.map { [Float](repeating: -ppo.entropyCoefficient * normalizer, count: $0.entropies.count) }
                : nil
            lane.scorer.backward(
                parameters: parameters,
                gradients: lane.gradients,
                logProbabilityGradients: policyGradients,
                entropyGradients: entropyGradients,
                valueGradients: valueGradients
            )
            return result
        }
        lanes.reduce()
        return results.reduce(into: MinibatchResult()) { $0.merge($1) }
    }

    /// log π(aₜ|sₜ) of every trajectory under the current weights; empty for masked ones.
    private func score(_ trajectories: [Trajectory]) -> [[Float]] {
        let members = trajectories.indices.filter { !trajectories[$0].masked }
        let chunks = Self.chunks(Array(members), size: configuration.cluster.microbatchSize)
        // Nothing writes them until all lanes are done.
        let parameters = self.parameters
        let sampling = self.sampling
        let scores = lanes.forEachMicrobatch(chunks.count) { lane, index in
            lane.scorer.forward(
                parameters: parameters,
                batch: Self.batch(chunks[index].map { trajectories[$0] }),
                settings: sampling,
                keepForBackward: false
            ).map(\.logProbabilities)
        }
        var result = [[Float]](repeating: [], count: trajectories.count)
        for (member, row) in zip(chunks.joined(), scores.joined()) { result[member] = row }
        return result
    }

    /// How far the recorded log-probabilities are from the learner's own.
    private static func disagreement(_ trajectories: [Trajectory], _ recomputed: [[Float]]) -> [String: Double] {
        var largest = 0.0
        var largestProbability = 0.0
        var sum = 0.0
        var count = 0
        for (trajectory, row) in zip(trajectories, recomputed) where !trajectory.masked {
            for (recorded, own) in zip(trajectory.behaviourLogProbabilities, row) {
                largest = max(largest, Double(abs(recorded - own)))
                let difference = Double(abs(exp(recorded) - exp(own)))
                largestProbability = max(largestProbability, difference)
                sum += difference
                count += 1
            }
        }
        return [
            "training/rollout_log_prob_diff_max": largest,
            "training/rollout_probs_diff_max": largestProbability,
            "training/rollout_probs_diff_mean": count == 0 ? 0 : sum / Double(count),
        ]
    }

    /// Indices of trajectories, one array per prompt, in slot order.
    private static func groups(of trajectories: [Trajectory]) -> [[Int]] {
        var groups: [[Int]] = []
        for i in trajectories.indices {
            if i > 0, trajectories[i].source == trajectories[i - 1].source,
                trajectories[i].problemID == trajectories[i - 1].problemID
            {
                groups[groups.count - 1].append(i)
            } else {
                groups.append([i])
            }
        }
        return groups
    }

    /// The trajectories with scores relative to the others of their prompt.
    private static func relative(_ scored: [ScoredTrajectory], groups: [[Int]]) -> [ScoredTrajectory] {
        let scores = leaveOneOut(scores: scored.map(\.score), groups: groups, included: scored.map(\.isIncluded))
        return zip(scored, scores).map { trajectory, score in
            var trajectory = trajectory
            trajectory.score = score
            return trajectory
        }
    }

    private static func chunks(_ members: [Int], size: Int) -> [[Int]] {
        stride(from: 0, to: members.count, by: size).map { Array(members[$0..<min($0 + size, members.count)]) }
    }

    /// Samples of one prompt share one encoder pass.
    private static func batch(_ trajectories: [Trajectory]) -> TeacherForcedBatch {
        var sources: [[Int32]] = []
        var targets: [TeacherForcedBatch.Target] = []
        for trajectory in trajectories {
            if sources.last != trajectory.source { sources.append(trajectory.source) }
            targets.append(
                TeacherForcedBatch.Target(
                    sourceIndex: sources.count - 1,
                    tokens: trajectory.tokens,
                    supports: trajectory.supports
                )
            )
        }
        return TeacherForcedBatch(sources: sources, targets: targets)
    }
}

extension Trajectory {
    fileprivate var scored: ScoredTrajectory {
        var scored = ScoredTrajectory(
            score: Float(score),
            behaviourLogProbabilities: behaviourLogProbabilities,
            referenceLogProbabilities: referenceLogProbabilities,
            values: values,
            isTruncated: !finished,
            isIncluded: !masked
        )
        scored.tokenRewards = tokenRewards
        return scored
    }
}

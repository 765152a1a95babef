internal import Foundation
internal import PPO
internal import Tensors
internal import Transformer

/// What is checked of every update, and what it needs.
extension PPOLearner {
    /// Refuses an update that needs more memory than allowed.
    func requireMemory(_ trajectories: [Trajectory], step: Int) throws(LearnerError) {
        let limit = configuration.cluster.memoryLimitBytes
        guard limit > 0 else { return }
        let planned = plannedBytes(trajectories, step: step)
        guard planned <= limit else { throw .memory(step: step, planned: planned, limit: limit) }
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
        let models = critic == nil ? 1 : 2
        let floats = models * (parameters.buffer.count * (3 + lanes) + lanes * arena)
        return floats * MemoryLayout<Float>.stride + Self.processBytes
    }

    /// Code, runtime and small objects of a process that has loaded a model: measured.
    private static let processBytes = 48 << 20

    /// Largest difference, in nats, between what a worker recorded and what the learner computes with the same weights.
    ///
    /// 0 on one machine; another kind of processor may round otherwise. A wrong temperature or weights are far above.
    private static let recordedTolerance = 1e-2

    /// What holds of every batch: values explain at most all, and on-policy completions come from the learner's policy.
    func require(_ metrics: [String: Double], step: Int) throws(LearnerError) {
        if let explained = metrics["critic/vf_explained_var"], explained > 1 {
            throw .invariant(
                step: step,
                detail: "values explain \(explained) of the variance of the returns, more than 1"
            )
        }
        let difference = metrics["training/rollout_log_prob_diff_max"] ?? 0
        if configuration.run.staleness == 0, difference > Self.recordedTolerance {
            throw .invariant(
                step: step,
                detail:
                    "a worker recorded a log-probability \(difference) nats from the learner's: it samples from another distribution"
            )
        }
    }

    /// Before the first gradient step every ratio to the learner's own log-probabilities is 1, and the KL is 0.
    func requireFirst(_ result: MinibatchFigures, step: Int, figures: inout UpdateFigures) throws(LearnerError) {
        let error = Double(result.policy.maximumLogRatio)
        figures.firstRatioError = error
        guard error == 0, result.policy.approximateKL == 0 else {
            throw .invariant(
                step: step,
                detail: "the first ratios are off 1 by \(error) and the KL is \(result.policy.approximateKL), not 0"
            )
        }
    }

    /// Every loss is a finite number.
    func requireFinite(
        _ result: MinibatchFigures,
        _ members: [Int],
        _ batch: UpdateBatch,
        step: Int
    ) throws(LearnerError) {
        guard !result.broken.isEmpty || !result.policy.loss.isFinite || !result.value.loss.isFinite else { return }
        let slots = (result.broken.isEmpty ? members : result.broken).map { batch.trajectories[$0].slot }
        throw .nonFinite(
            step: step,
            slots: Array(Set(slots)).sorted(),
            detail: "policy loss \(result.policy.loss), value loss \(result.value.loss)"
        )
    }

    /// How far the recorded log-probabilities are from the learner's own.
    static func disagreement(_ trajectories: [Trajectory], _ recomputed: [[Float]]) -> [String: Double] {
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
}

extension PPOLearner {
    /// The gradient of the last minibatch, before clipping.
    package var lastGradient: [Float] { unsafe Array(lanes.gradients.buffer.contents) }
}

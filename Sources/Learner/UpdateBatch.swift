internal import Foundation
internal import PPO

/// Everything an update needs of a batch that does not change from one gradient step to the next.
struct UpdateBatch: Sendable {
    var trajectories: [Trajectory]
    /// As judged, with the values that the advantages are computed from.
    var scored: [ScoredTrajectory]
    var advantages: AdvantageBatch
    /// log of what the ratios are taken to, `[T]` each.
    var old: [[Float]]
    /// `old` is the learner's own, so that first ratios are 1.
    var isOwn: Bool
    /// Constants that multiply the loss of each token; an empty row is all 1.
    var weights: [[Float]]
    /// `weights` correct for an older behaviour policy.
    var corrects: Bool
    /// β in the loss; 0 when the KL is in the rewards.
    var lossKL: Float

    /// Mean and greatest importance weight.
    var weightMetrics: [String: Double] {
        guard corrects, let weights = Summary(weights, included: advantages.included) else { return [:] }
        return [
            "training/off_policy/importance_weight/mean": weights.mean,
            "training/off_policy/importance_weight/max": weights.maximum,
        ]
    }
}

/// What one minibatch measured.
struct MinibatchFigures: Sendable {
    var policy = PolicyStatistics()
    var value = ValueStatistics()
    var klLoss = 0.0
    var entropySum = 0.0
    var entropyTokens = 0
    /// Members whose loss is not a finite number.
    var broken: [Int] = []

    mutating func merge(_ other: MinibatchFigures) {
        policy.merge(other.policy)
        value.merge(other.value)
        klLoss += other.klLoss
        entropySum += other.entropySum
        entropyTokens += other.entropyTokens
        broken += other.broken
    }
}

/// What the gradient steps of one iteration measured.
struct UpdateFigures {
    private(set) var steps = 0
    private var sum = MinibatchFigures()
    private var norms = (policy: 0.0, critic: 0.0)
    /// Distance of the first minibatch's ratios from 1, as |log ratio|; nil when they need not be 1.
    var firstRatioError: Double?

    mutating func add(_ figures: MinibatchFigures, norms new: (policy: Double, critic: Double)) {
        sum.merge(figures)
        norms.policy += new.policy
        norms.critic += new.critic
        steps += 1
    }

    /// Under verl's names.
    func metrics(usesCritic: Bool) -> [String: Double] {
        var metrics = sum.policy.metrics
        if usesCritic { metrics.merge(sum.value.metrics) { $1 } }
        metrics["training/first_ratio_error_max"] = firstRatioError
        guard steps > 0 else { return metrics }
        let count = Double(steps)
        metrics["actor/pg_loss"] = sum.policy.loss / count
        metrics["actor/kl_loss"] = sum.klLoss / count
        metrics["actor/grad_norm"] = norms.policy / count
        metrics["actor/entropy"] = sum.entropySum / Double(max(1, sum.entropyTokens))
        if usesCritic {
            metrics["critic/vf_loss"] = sum.value.loss / count
            metrics["critic/grad_norm"] = norms.critic / count
        }
        return metrics
    }
}

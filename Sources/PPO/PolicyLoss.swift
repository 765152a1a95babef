import Foundation

/// What the clipped surrogate measured over some tokens; values of different tokens add up.
package struct PolicyStatistics: Sendable, Equatable {
    /// Tokens seen.
    package var tokens = 0
    /// Σ of the loss of each token, already multiplied by the normalizer.
    package var loss = 0.0
    /// Tokens whose gradient the clip removed.
    package var clippedTokens = 0
    /// Σ of the k3 estimate of the KL from behaviour to current policy, in nats.
    package var klSum = 0.0
    /// Σ of the ratios.
    package var ratioSum = 0.0
    /// The largest ratio, 0 before the first token.
    package var maximumRatio: Float = 0
    /// The largest |log π − log π_b|, in nats, 0 before the first token.
    package var maximumLogRatio: Float = 0

    package init() {}

    /// Takes in the statistics of further tokens.
    package mutating func merge(_ other: PolicyStatistics) {
        tokens += other.tokens
        loss += other.loss
        clippedTokens += other.clippedTokens
        klSum += other.klSum
        ratioSum += other.ratioSum
        maximumRatio = max(maximumRatio, other.maximumRatio)
        maximumLogRatio = max(maximumLogRatio, other.maximumLogRatio)
    }

    /// The share of tokens whose gradient the clip removed, in 0...1.
    package var clipFraction: Double { mean(Double(clippedTokens)) }
    /// The approximate KL from behaviour to current policy, in nats per token.
    package var approximateKL: Double { mean(klSum) }
    /// The mean ratio; exactly 1 before the first gradient step on fresh trajectories.
    package var meanRatio: Double { mean(ratioSum) }

    private func mean(_ sum: Double) -> Double { tokens == 0 ? 0 : sum / Double(tokens) }
}

/// The clipped surrogate loss of one trajectory with its gradient.
///
/// ratioₜ = exp(log π(aₜ|sₜ) − log π_b(aₜ|sₜ)) and
/// L = normalizer · Σₜ max(−Âₜ·ratioₜ, −Âₜ·clip(ratioₜ, 1 − ε, 1 + ε)).
/// ∂L/∂log π(aₜ|sₜ) = −normalizer·Âₜ·ratioₜ, or 0 where the clipped branch is the larger one.
///
/// Source: Schulman et al. 2017, <https://arxiv.org/abs/1707.06347>, equation 7 (there maximised).
///
/// - Parameters:
///   - logProbabilities: log π(aₜ|sₜ) of the current policy, shape `[T]`.
///   - behaviourLogProbabilities: log π_b(aₜ|sₜ) as recorded while sampling, shape `[T]`.
///   - advantages: Âₜ, shape `[T]`.
///   - clipEpsilon: ε.
///   - normalizer: `lossNormalizer` of the whole minibatch, so that no split into micro-batches changes the gradient.
/// - Returns: ∂L/∂log π(aₜ|sₜ), shape `[T]`, and the statistics, whose `loss` is L.
package func clippedSurrogate(
    logProbabilities: Span<Float>,
    behaviourLogProbabilities: Span<Float>,
    advantages: Span<Float>,
    clipEpsilon: Float,
    normalizer: Float
) -> (gradients: [Float], statistics: PolicyStatistics) {
    let count = logProbabilities.count
    precondition(
        behaviourLogProbabilities.count == count && advantages.count == count,
        "log-probabilities and advantages must all be [T]"
    )
    var gradients = [Float](repeating: 0, count: count)
    var statistics = PolicyStatistics()
    statistics.tokens = count
    for t in gradients.indices {
        let logRatio = logProbabilities[t] - behaviourLogProbabilities[t]
        let ratio = exp(logRatio)
        let unclipped = -advantages[t] * ratio
        let clipped = -advantages[t] * min(max(ratio, 1 - clipEpsilon), 1 + clipEpsilon)
        if clipped > unclipped {
            statistics.clippedTokens += 1
        } else {
            gradients[t] = normalizer * unclipped
        }
        statistics.loss += Double(normalizer) * Double(max(unclipped, clipped))
        // expm1 keeps the digits that ratio − 1 loses near 1.
        statistics.klSum += Double(expm1(logRatio) - logRatio)
        statistics.ratioSum += Double(ratio)
        statistics.maximumRatio = max(statistics.maximumRatio, ratio)
        statistics.maximumLogRatio = max(statistics.maximumLogRatio, abs(logRatio))
    }
    return (gradients, statistics)
}

/// 1/n for the n tokens of the included trajectories of one minibatch, and 0 when there are none.
///
/// Every loss of the minibatch is multiplied by it, however the minibatch is split into micro-batches, so each token
/// weighs the same and the gradient does not depend on the split.
package func lossNormalizer(lengths: [Int], included: [Bool]) -> Float {
    precondition(lengths.count == included.count, "one flag per trajectory")
    var tokens = 0
    for (length, isIncluded) in zip(lengths, included) where isIncluded { tokens += length }
    return tokens == 0 ? 0 : Float(1 / Double(tokens))
}

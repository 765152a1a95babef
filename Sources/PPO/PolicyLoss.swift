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

/// How far the ratio may go before it earns nothing more.
package struct ClipRange: Sendable, Equatable {
    /// The ratio is clipped from below at 1 − `low`.
    package var low: Float
    /// The ratio is clipped from above at 1 + `high`; more than `low` is DAPO's clip-higher.
    package var high: Float
    /// c > 1: with a negative advantage the loss of a token is at most −c·Â; nil is no such limit.
    package var dual: Float?

    /// - Parameters:
    ///   - low: ε, in 0 < ε < 1.
    ///   - high: ε above 1; nil is the same.
    ///   - dual: c.
    package init(_ low: Float, high: Float? = nil, dual: Float? = nil) {
        self.low = low
        self.high = high ?? low
        self.dual = dual
    }
}

/// The clipped surrogate loss of one trajectory with its gradient.
///
/// ratioₜ = exp(log π(aₜ|sₜ) − log π_b(aₜ|sₜ)) and
/// L = normalizer · Σₜ wₜ·max(−Âₜ·ratioₜ, −Âₜ·clip(ratioₜ, 1 − ε_low, 1 + ε_high)), where a token with Âₜ < 0 costs at most
/// −c·Âₜ when there is a dual clip. ∂L/∂log π(aₜ|sₜ) = −normalizer·wₜ·Âₜ·ratioₜ, or 0 where another branch decides.
///
/// Sources: Schulman et al. 2017, <https://arxiv.org/abs/1707.06347>, equation 7 (there maximised); ε_high: Yu et al. 2025
/// (DAPO), <https://arxiv.org/abs/2503.14476>, equation 10; dual clip: Ye et al. 2020, <https://arxiv.org/abs/1912.09729>,
/// the dual-clipped objective.
///
/// - Parameters:
///   - logProbabilities: log π(aₜ|sₜ) of the current policy, shape `[T]`.
///   - behaviourLogProbabilities: log of what the ratio is taken to, shape `[T]`: the behaviour policy, or the proximal one.
///   - advantages: Âₜ, shape `[T]`.
///   - weights: wₜ, constants, shape `[T]`; empty is all 1. A token of weight 0 is counted in nothing.
///   - clip: ε and c.
///   - normalizer: what a token of this trajectory weighs (`lossWeights`), whatever the split into micro-batches.
/// - Returns: ∂L/∂log π(aₜ|sₜ), shape `[T]`, and the statistics, whose `loss` is L.
package func clippedSurrogate(
    logProbabilities: Span<Float>,
    behaviourLogProbabilities: Span<Float>,
    advantages: Span<Float>,
    weights: [Float] = [],
    clip: ClipRange,
    normalizer: Float
) -> (gradients: [Float], statistics: PolicyStatistics) {
    let count = logProbabilities.count
    precondition(
        behaviourLogProbabilities.count == count && advantages.count == count,
        "log-probabilities and advantages must all be [T]"
    )
    precondition(weights.isEmpty || weights.count == count, "weights must be [T]")
    var gradients = [Float](repeating: 0, count: count)
    var statistics = PolicyStatistics()
    for t in gradients.indices {
        let weight = weights.isEmpty ? 1 : weights[t]
        guard weight != 0 else { continue }
        statistics.tokens += 1
        let logRatio = logProbabilities[t] - behaviourLogProbabilities[t]
        let ratio = exp(logRatio)
        let unclipped = -advantages[t] * ratio
        let clipped = -advantages[t] * min(max(ratio, 1 - clip.low), 1 + clip.high)
        var loss = max(unclipped, clipped)
        var decides = !(clipped > unclipped)
        if let dual = clip.dual, advantages[t] < 0, loss > -dual * advantages[t] {
            loss = -dual * advantages[t]
            decides = false
        }
        if decides { gradients[t] = normalizer * weight * unclipped } else { statistics.clippedTokens += 1 }
        statistics.loss += Double(normalizer) * Double(weight * loss)
        // expm1 keeps the digits that ratio − 1 loses near 1.
        statistics.klSum += Double(expm1(logRatio) - logRatio)
        statistics.ratioSum += Double(ratio)
        statistics.maximumRatio = max(statistics.maximumRatio, ratio)
        statistics.maximumLogRatio = max(statistics.maximumLogRatio, abs(logRatio))
    }
    return (gradients, statistics)
}

/// What the value loss measured over some tokens; values of different tokens add up.
package struct ValueStatistics: Sendable, Equatable {
    /// Tokens seen.
    package var tokens = 0
    /// Σ of the loss of each token, already multiplied by the normalizer, before the value coefficient.
    package var loss = 0.0
    /// Tokens whose gradient the clip removed.
    package var clippedTokens = 0

    package init() {}

    /// Takes in the statistics of further tokens.
    package mutating func merge(_ other: ValueStatistics) {
        tokens += other.tokens
        loss += other.loss
        clippedTokens += other.clippedTokens
    }

    /// The share of tokens whose gradient the clip removed, in 0...1.
    package var clipFraction: Double { tokens == 0 ? 0 : Double(clippedTokens) / Double(tokens) }
}

/// The clipped value loss of one trajectory with its gradient.
///
/// L = normalizer · Σₜ ½·max((vₜ − Rₜ)², (clip(vₜ, v_bₜ − ε, v_bₜ + ε) − Rₜ)²).
/// ∂L/∂vₜ = normalizer·(vₜ − Rₜ), or 0 where the clipped branch is the larger one.
/// The caller multiplies both by the value coefficient α.
///
/// Source: the PPO implementation of Schulman et al. (OpenAI baselines `ppo2`), kept by Ziegler et al. 2019 and by the
/// original's `ppo.py`, lines 180-186.
///
/// - Parameters:
///   - values: vₜ of the current critic, shape `[T]`.
///   - behaviourValues: v_bₜ at behaviour time, shape `[T]`.
///   - returns: Rₜ, shape `[T]`.
///   - clipEpsilon: ε; 0 does not clip.
///   - normalizer: `lossNormalizer` of the whole minibatch.
/// - Returns: ∂L/∂vₜ, shape `[T]`, and the statistics, whose `loss` is L.
package func clippedValueLoss(
    values: Span<Float>,
    behaviourValues: Span<Float>,
    returns: Span<Float>,
    clipEpsilon: Float,
    normalizer: Float
) -> (gradients: [Float], statistics: ValueStatistics) {
    let count = values.count
    precondition(behaviourValues.count == count && returns.count == count, "values and returns must all be [T]")
    var gradients = [Float](repeating: 0, count: count)
    var statistics = ValueStatistics()
    statistics.tokens = count
    for t in gradients.indices {
        let near =
            clipEpsilon > 0
            ? min(max(values[t], behaviourValues[t] - clipEpsilon), behaviourValues[t] + clipEpsilon) : values[t]
        let error = values[t] - returns[t]
        let clippedError = near - returns[t]
        if clippedError * clippedError > error * error {
            statistics.clippedTokens += 1
        } else {
            gradients[t] = normalizer * error
        }
        statistics.loss += Double(normalizer) * 0.5 * Double(max(error * error, clippedError * clippedError))
    }
    return (gradients, statistics)
}

/// How much of the variance of the returns the values explain: 1 − Var(R − V)/Var(R) over included tokens.
///
/// 1 is a perfect critic, 0 one that knows only the mean, below 0 one that is worse than a constant.
///
/// - Returns: nil when the returns do not vary, since the ratio then means nothing.
package func explainedVariance(values: [[Float]], returns: [[Float]], included: [Bool]) -> Double? {
    precondition(values.count == included.count && returns.count == included.count, "one row per trajectory")
    let residuals = zip(zip(values, returns), included).map { pair, isIncluded -> [Float] in
        guard isIncluded else { return [] }
        precondition(pair.0.count == pair.1.count, "values and returns must both be [T]")
        return zip(pair.0, pair.1).map { $1 - $0 }
    }
    let total = Moments(returns, included: included).squaredDeviations
    guard total > 0 else { return nil }
    return 1 - Moments(residuals, included: included).squaredDeviations / total
}

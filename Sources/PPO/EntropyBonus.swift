import Foundation

/// The entropy of one token's distribution, with the gradient of the entropy bonus added to `logitGradients`.
///
/// H = −Σⱼ pⱼ·log pⱼ and L = −coefficient·normalizer·H, hence
/// ∂L/∂zⱼ = coefficient·normalizer·pⱼ·(log pⱼ + H) for the logits z behind the softmax.
/// A token whose log-probability is −∞ (cut off by top-k) has neither entropy nor gradient.
///
/// Source: Schulman et al. 2017, <https://arxiv.org/abs/1707.06347>, equation 9.
///
/// - Parameters:
///   - logProbabilities: log pⱼ over the vocabulary, shape `[V]`.
///   - coefficient: weight of the bonus.
///   - normalizer: `lossNormalizer` of the whole minibatch.
///   - logitGradients: ∂L/∂zⱼ, shape `[V]`, added to.
/// - Returns: H, in nats.
package func entropyBonus(
    logProbabilities: Span<Float>,
    coefficient: Float,
    normalizer: Float,
    logitGradients: inout MutableSpan<Float>
) -> Float {
    precondition(logitGradients.count == logProbabilities.count, "log-probabilities and gradients must both be [V]")
    let result = entropy(logProbabilities: logProbabilities)
    let scale = coefficient * normalizer
    guard scale != 0 else { return result }
    for j in logProbabilities.indices where logProbabilities[j] > -.infinity {
        logitGradients[j] += scale * exp(logProbabilities[j]) * (logProbabilities[j] + result)
    }
    return result
}

/// The entropy of one token's distribution.
///
/// - Parameter logProbabilities: log pⱼ over the vocabulary, shape `[V]`; −∞ is a token that cannot be drawn.
/// - Returns: H = −Σⱼ pⱼ·log pⱼ, in nats.
package func entropy(logProbabilities: Span<Float>) -> Float {
    var sum = 0.0
    for j in logProbabilities.indices where logProbabilities[j] > -.infinity {
        sum -= Double(exp(logProbabilities[j]) * logProbabilities[j])
    }
    return Float(sum)
}

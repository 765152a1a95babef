import Foundation

/// Where the KL to the reference policy enters.
package enum KLPlacement: String, Sendable, Codable, CaseIterable {
    /// Subtracted from the reward of each token: Ziegler et al. 2019, PPOCoder.
    case reward
    /// Added to the loss: Shao et al. 2024 (GRPO), equation 3.
    case loss
}

/// The KL penalty of one trajectory as a loss, with its gradient.
///
/// L = normalizer·β·Σₜ klₜ with d = log π(aₜ|sₜ) − log ρ(aₜ|sₜ), and ∂kl/∂log π = 1 for k1, d for k2, 1 − e^(−d) for k3.
/// The gradient of k2 is in expectation that of the KL; that of k1 is in expectation 0, so k1 steers nothing here.
///
/// Source: Schulman 2020, <http://joschu.net/blog/kl-approx.html>; Shao et al. 2024, <https://arxiv.org/abs/2402.03300>,
/// equation 4 (k3).
///
/// - Parameters:
///   - logProbabilities: log π(aₜ|sₜ) of the current policy, shape `[T]`.
///   - referenceLogProbabilities: log ρ(aₜ|sₜ), shape `[T]`.
///   - coefficient: β.
///   - estimator: which of the three.
///   - normalizer: what a token of this trajectory weighs (`lossWeights`).
/// - Returns: ∂L/∂log π(aₜ|sₜ), shape `[T]`, and L.
package func klLoss(
    logProbabilities: Span<Float>,
    referenceLogProbabilities: Span<Float>,
    coefficient: Float,
    estimator: KLEstimator,
    normalizer: Float
) -> (gradients: [Float], loss: Double) {
    precondition(logProbabilities.count == referenceLogProbabilities.count, "both log-probabilities must be [T]")
    var gradients = [Float](repeating: 0, count: logProbabilities.count)
    var loss = 0.0
    let scale = coefficient * normalizer
    for t in gradients.indices {
        let d = logProbabilities[t] - referenceLogProbabilities[t]
        let kl = estimator.estimate(
            logProbability: logProbabilities[t],
            referenceLogProbability: referenceLogProbabilities[t]
        )
        loss += Double(scale) * Double(kl)
        gradients[t] = scale * estimator.derivative(difference: d)
    }
    return (gradients, loss)
}

extension KLEstimator {
    /// ∂kl/∂log π at d = log π − log ρ.
    package func derivative(difference d: Float) -> Float {
        switch self {
        case .k1: 1
        case .k2: d
        case .k3: -expm1(-d)
        }
    }
}

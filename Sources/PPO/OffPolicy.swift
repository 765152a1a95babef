import Foundation

/// What the ratio of the surrogate is taken to when completions were sampled by an older policy.
package enum OffPolicyCorrection: String, Sendable, Codable, CaseIterable {
    /// The policy that sampled: plain PPO, whose clip then also cuts what earlier iterations have learnt.
    case behaviour
    /// The learner's policy at the start of the iteration, each token weighted by how much likelier that one made it.
    ///
    /// Source: Hilton et al. 2022, <https://arxiv.org/abs/2110.00641>, the decoupled clipped objective.
    case decoupled
    /// As ``decoupled``, weights capped at `importance_cap`.
    ///
    /// Source: Espeholt et al. 2018 (IMPALA), <https://arxiv.org/abs/1802.01561>, section 4.1.
    case truncated
}

/// Weights of tokens sampled by another policy: min(π_prox/π_b, cap), constants of the loss.
///
/// - Parameters:
///   - proximal: log π_prox(aₜ|sₜ) of the learner at the start of the iteration, shape `[T]`.
///   - behaviour: log π_b(aₜ|sₜ) as recorded while sampling, shape `[T]`.
///   - cap: the largest weight, nil for none.
/// - Returns: shape `[T]`.
package func importanceWeights(proximal: [Float], behaviour: [Float], cap: Float?) -> [Float] {
    precondition(proximal.count == behaviour.count, "both log-probabilities must be [T]")
    return zip(proximal, behaviour).map { min(exp($0 - $1), cap ?? .infinity) }
}

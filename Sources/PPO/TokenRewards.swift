/// The reward of every token: a KL penalty at each, what the token earned itself, and the score of the whole completion at
/// the last.
///
/// rₜ = −β·klₜ + ρₜ + [t = T−1]·score. The last token earns the score whether it is EOS or the one at which the token limit
/// cut the completion off: a program that never ends is judged too.
///
/// Sources: Ziegler et al. 2019, <https://arxiv.org/abs/1909.08593>, equation 2; Shojaee et al. 2023 (PPOCoder),
/// <https://arxiv.org/abs/2301.13816>.
///
/// - Parameters:
///   - score: the reward of the completion, from its verdict and its structure.
///   - logProbabilities: log π(aₜ|sₜ) of the behaviour policy, shape `[T]`, T ≥ 1.
///   - referenceLogProbabilities: log ρ(aₜ|sₜ) of the frozen reference policy, shape `[T]`.
///   - ownRewards: ρₜ, shape `[T]`; empty when no token earned anything itself.
///   - klCoefficient: β.
///   - estimator: how klₜ is estimated from the two.
/// - Returns: rₜ, shape `[T]`.
package func tokenRewards(
    score: Float,
    logProbabilities: Span<Float>,
    referenceLogProbabilities: Span<Float>,
    ownRewards: [Float] = [],
    klCoefficient: Float,
    estimator: KLEstimator
) -> [Float] {
    let count = logProbabilities.count
    precondition(referenceLogProbabilities.count == count, "both log-probabilities must be [T]")
    precondition(ownRewards.isEmpty || ownRewards.count == count, "own rewards must be [T]")
    precondition(count > 0, "a completion has at least one token")
    var rewards = [Float](repeating: 0, count: count)
    // Without a weight the KL is not looked at, whatever it is.
    for t in rewards.indices where klCoefficient != 0 {
        let kl = estimator.estimate(
            logProbability: logProbabilities[t],
            referenceLogProbability: referenceLogProbabilities[t]
        )
        rewards[t] = -klCoefficient * kl
    }
    for t in ownRewards.indices { rewards[t] += ownRewards[t] }
    rewards[count - 1] += score
    return rewards
}

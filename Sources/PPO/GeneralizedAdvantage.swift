/// Generalized advantage estimation over one trajectory.
///
/// Computes Âₜ = δₜ + γλ·Âₜ₊₁ backwards, with δₜ = rₜ + γ·V(sₜ₊₁) − V(sₜ).
///
/// Source: Schulman et al. 2016, <https://arxiv.org/abs/1506.02438>, equation 16.
///
/// - Parameters:
///   - rewards: rₜ, shape `[T]`, KL penalty already subtracted.
///   - values: V(sₜ) at behaviour time, shape `[T]`.
///   - bootstrapValue: V(s_T); 0 when nothing follows the last token.
///   - discount: γ in `0...1`.
///   - lambda: λ in `0...1`; 0 is one-step TD, 1 is Monte Carlo.
/// - Returns: Âₜ, shape `[T]`, not normalised.
/// - Complexity: O(T).
package func generalizedAdvantages(
    rewards: Span<Float>,
    values: Span<Float>,
    bootstrapValue: Float,
    discount: Float,
    lambda: Float
) -> [Float] {
    precondition(rewards.count == values.count, "rewards and values must both be [T]")
    var advantages = [Float](repeating: 0, count: rewards.count)
    var nextValue = bootstrapValue
    var nextAdvantage: Float = 0
    for t in rewards.indices.reversed() {
        let delta = rewards[t] + discount * nextValue - values[t]
        nextAdvantage = delta + discount * lambda * nextAdvantage
        advantages[t] = nextAdvantage
        nextValue = values[t]
    }
    return advantages
}

/// The targets of the critic: Rₜ = Âₜ + V(sₜ), the λ-return.
///
/// Source: Schulman et al. 2016, section 5. `advantages` are those before whitening.
package func lambdaReturns(advantages: Span<Float>, values: Span<Float>) -> [Float] {
    precondition(advantages.count == values.count, "advantages and values must both be [T]")
    var returns = [Float](repeating: 0, count: values.count)
    for t in returns.indices { returns[t] = advantages[t] + values[t] }
    return returns
}

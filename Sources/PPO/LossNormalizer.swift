/// How the losses of tokens are added up to that of a minibatch.
package enum LossAggregation: String, Sendable, Codable, CaseIterable {
    /// Every token of the minibatch weighs the same: 1/N. Yu et al. 2025 (DAPO), equation 8.
    case tokenMean = "token_mean"
    /// Every completion weighs the same, whatever its length: 1/(n·Tᵢ). Shao et al. 2024 (GRPO), equation 3.
    case sequenceMean = "sequence_mean"
    /// Every token weighs 1/(n·L), L the length limit: no bias towards short wrong answers. Liu et al. 2025 (Dr.GRPO),
    /// section 3.2.
    case constantLength = "constant_length"
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

/// What each token of a trajectory weighs in the loss of one minibatch.
///
/// Depends on the whole minibatch and not on its split into micro-batches.
///
/// - Parameters:
///   - lengths: tokens of each trajectory that count.
///   - aggregation: how they are added up.
///   - maximumLength: L, the length limit in tokens.
/// - Returns: one factor per trajectory, 0 for one without a token that counts.
package func lossWeights(lengths: [Int], aggregation: LossAggregation, maximumLength: Int) -> [Float] {
    let everywhere = lossNormalizer(lengths: lengths, included: lengths.map { _ in true })
    let count = Double(lengths.count { $0 > 0 })
    return lengths.map { length in
        guard length > 0 else { return 0 }
        switch aggregation {
        case .tokenMean: return everywhere
        case .sequenceMean: return Float(1 / (count * Double(length)))
        case .constantLength: return Float(1 / (count * Double(maximumLength)))
        }
    }
}

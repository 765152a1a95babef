/// How advantages are made of rewards.
///
/// REINFORCE++ (Hu et al. 2025, <https://arxiv.org/abs/2501.03262>) is ``reinforce`` with `whiten_advantages`; its
/// baseline form is ``drgrpo`` with `whiten_advantages`.
package enum AdvantageEstimator: String, Sendable, Codable, CaseIterable {
    /// Generalized advantage estimation with the critic's values.
    case gae
    /// (R − mean)/(σ + 10⁻⁶) over the completions of a prompt, the same for every token.
    case grpo
    /// R − mean over the completions of a prompt, the same for every token.
    case drgrpo
    /// R − mean over the other completions of a prompt, the same for every token.
    case rloo
    /// Rewards from the token on, no baseline.
    case reinforce
    /// R less the score of the greedy completion of the same prompt: CodeRL's relative return, and ReMax.
    case greedy

    /// Whether a critic takes part.
    package var usesCritic: Bool { self == .gae }

    /// All of them, for messages.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

/// The advantage of a whole completion against others of its prompt.
///
/// Rᵢ is the sum of a completion's rewards. Over the n included members of a group with mean m:
/// - `grpo`: (Rᵢ − m)/(σ + 10⁻⁶), σ with n − 1 in its denominator. Shao et al. 2024, DeepSeekMath,
///   <https://arxiv.org/abs/2402.03300>, section 4.1.2;
/// - `drgrpo`: Rᵢ − m. Liu et al. 2025, <https://arxiv.org/abs/2503.20783>, section 3.2;
/// - `rloo`: Rᵢ − 1/(n − 1)·Σ_{j≠i} Rⱼ = n/(n − 1)·(Rᵢ − m). Ahmadian et al. 2024, <https://arxiv.org/abs/2402.14740>,
///   section 2.3.
///
/// A completion alone in its group has nothing to be compared with, and an advantage of 0.
///
/// - Parameters:
///   - totals: Rᵢ of all trajectories.
///   - groups: indices of the trajectories of each prompt.
///   - included: whether each counts; those that do not are not read.
///   - estimator: one of the three.
/// - Returns: one number per trajectory, 0 for those that are not included.
package func groupAdvantages(
    totals: [Double],
    groups: [[Int]],
    included: [Bool],
    estimator: AdvantageEstimator
) -> [Double] {
    precondition(totals.count == included.count, "one flag per trajectory")
    var result = [Double](repeating: 0, count: totals.count)
    for group in groups {
        let members = group.filter { included[$0] }
        guard members.count > 1 else { continue }
        let count = Double(members.count)
        let mean = members.reduce(0.0) { $0 + totals[$1] } / count
        let squares = members.reduce(0.0) { $0 + (totals[$1] - mean) * (totals[$1] - mean) }
        let scale =
            switch estimator {
            case .grpo: 1 / ((squares / (count - 1)).squareRoot() + 1e-6)
            case .rloo: count / (count - 1)
            default: 1.0
            }
        for i in members { result[i] = scale * (totals[i] - mean) }
    }
    return result
}

/// Rewards from each token on: Gₜ = rₜ + γGₜ₊₁.
///
/// Source: Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement learning".
package func rewardsToGo(_ rewards: [Float], discount: Float) -> [Float] {
    var result = rewards
    for t in rewards.indices.dropLast().reversed() { result[t] += discount * result[t + 1] }
    return result
}

/// Which trajectories belong to a prompt whose included completions all earned the same.
///
/// Nothing can be learnt from comparing equals: DAPO's dynamic sampling leaves such groups out. Source: Yu et al. 2025,
/// <https://arxiv.org/abs/2503.14476>, equation 11. A completion alone in its group is such a group too.
///
/// - Parameters:
///   - totals: what each trajectory earned.
///   - groups: indices of the trajectories of each prompt.
///   - included: whether each counts; those that do not are not read.
/// - Returns: positions in `groups`, ascending.
package func groupsWithoutVariance(totals: [Double], groups: [[Int]], included: [Bool]) -> [Int] {
    groups.indices.filter { g in
        let members = groups[g].filter { included[$0] }
        guard let first = members.first else { return true }
        return members.allSatisfy { totals[$0] == totals[first] }
    }
}

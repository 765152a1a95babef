import Foundation

/// How the KL divergence of two policies is estimated from one sampled token.
///
/// With d = log π(a|s) − log ρ(a|s) and a drawn from π. Source: Schulman 2020, "Approximating KL divergence",
/// <http://joschu.net/blog/kl-approx.html>.
package enum KLEstimator: String, Sendable, Codable, CaseIterable {
    /// d: unbiased, may be negative. The original's and Ziegler et al.'s.
    case k1
    /// ½·d²: biased, never negative.
    case k2
    /// exp(−d) − 1 + d: unbiased, never negative.
    case k3

    /// The estimate for one token, in nats, given its log-probability under π and under ρ.
    ///
    /// Both must be finite: a token that ρ's own top-k rejects has to be scored before the truncation.
    package func estimate(logProbability: Float, referenceLogProbability: Float) -> Float {
        let d = logProbability - referenceLogProbability
        switch self {
        case .k1: return d
        case .k2: return 0.5 * d * d
        case .k3: return expm1(-d) + d
        }
    }
}

/// The KL from the behaviour policy to the reference policy: mean over trajectories of the sum over their tokens.
///
/// Completions are ragged, so no token after the end is counted; a trajectory that is not `included` is not read.
/// Signed: with `k1` a small batch may come out negative, and the controller must see that.
///
/// - Parameters:
///   - logProbabilities: log π(aₜ|sₜ) at behaviour time, one array of any length per trajectory.
///   - referenceLogProbabilities: log ρ(aₜ|sₜ), the same shape.
///   - included: whether each trajectory counts.
///   - estimator: how the KL is estimated from one token.
/// - Returns: nats per trajectory, or nil when no trajectory counts.
package func meanTrajectoryKL(
    logProbabilities: [[Float]],
    referenceLogProbabilities: [[Float]],
    included: [Bool],
    estimator: KLEstimator
) -> Double? {
    precondition(
        logProbabilities.count == included.count && referenceLogProbabilities.count == included.count,
        "one array of log-probabilities and one flag per trajectory"
    )
    var sum = 0.0
    var trajectories = 0
    for i in included.indices where included[i] {
        precondition(logProbabilities[i].count == referenceLogProbabilities[i].count, "both must be [T]")
        for (p, r) in zip(logProbabilities[i], referenceLogProbabilities[i]) {
            sum += Double(estimator.estimate(logProbability: p, referenceLogProbability: r))
        }
        trajectories += 1
    }
    return trajectories == 0 ? nil : sum / Double(trajectories)
}

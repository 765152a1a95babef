/// β, the weight of the KL penalty, fixed or steered towards a target.
///
/// Source: Ziegler et al. 2019, <https://arxiv.org/abs/1909.08593>, section 2.2, with the gain n/horizon of its
/// published code. Its whole state is this value, so a checkpoint that holds it resumes the same sequence of β.
package struct KLController: Sendable, Equatable, Codable {
    /// What β follows.
    package enum Rule: Sendable, Equatable, Codable {
        /// β never changes.
        case fixed
        /// β rises while the KL is above `target` nats per trajectory and falls while it is below, by at most a factor
        /// of about e^0.2 over `horizon` trajectories.
        case adaptive(target: Double, horizon: Double)
    }

    /// β.
    package private(set) var coefficient: Double
    package let rule: Rule

    package init(coefficient: Double, rule: Rule) {
        self.coefficient = coefficient
        self.rule = rule
    }

    /// The controller that `configuration` describes, at its first β.
    package init(_ configuration: PPOConfiguration) {
        self.init(
            coefficient: Double(configuration.klCoefficient),
            rule: configuration.adaptiveKL
                ? .adaptive(target: Double(configuration.klTarget), horizon: Double(configuration.klHorizon)) : .fixed
        )
    }

    /// Moves β after a batch: e = clip(KL/target − 1, −0.2, 0.2), β ← β·(1 + e·n/horizon).
    ///
    /// A batch without a single unmasked trajectory, or whose KL is not a finite number, leaves β alone, since β would
    /// not recover from a NaN.
    ///
    /// - Parameters:
    ///   - kl: mean over unmasked trajectories of the sum of token KLs, in nats (`meanTrajectoryKL`).
    ///   - trajectories: n, the unmasked trajectories in the batch.
    package mutating func update(kl: Double, trajectories: Int) {
        guard case .adaptive(let target, let horizon) = rule, trajectories > 0, kl.isFinite else { return }
        let error = min(max(kl / target - 1, -0.2), 0.2)
        coefficient *= max(0, 1 + error * Double(trajectories) / horizon)
    }
}

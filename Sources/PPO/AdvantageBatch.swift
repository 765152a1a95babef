/// One trajectory with everything its advantages are computed from.
package struct ScoredTrajectory: Sendable, Equatable {
    /// The reward of the whole completion.
    package var score: Float
    /// log π_b(aₜ|sₜ) as recorded while sampling, shape `[T]`.
    package var behaviourLogProbabilities: [Float]
    /// log ρ(aₜ|sₜ) of the frozen reference policy, shape `[T]`.
    package var referenceLogProbabilities: [Float]
    /// V(sₜ) at behaviour time, shape `[T]`.
    package var values: [Float]
    /// What each token earned itself, shape `[T]`; empty when none did.
    package var tokenRewards: [Float] = []
    /// Whether the completion ended at the token limit rather than in EOS.
    package var isTruncated: Bool
    /// False when the cluster failed to judge the completion: it then counts in no loss and in no statistic.
    package var isIncluded: Bool

    package init(
        score: Float,
        behaviourLogProbabilities: [Float],
        referenceLogProbabilities: [Float],
        values: [Float],
        isTruncated: Bool,
        isIncluded: Bool
    ) {
        self.score = score
        self.behaviourLogProbabilities = behaviourLogProbabilities
        self.referenceLogProbabilities = referenceLogProbabilities
        self.values = values
        self.isTruncated = isTruncated
        self.isIncluded = isIncluded
    }
}

/// What a batch of trajectories is trained on: rewards, advantages and returns, ragged, in the order of the batch.
package struct AdvantageBatch: Sendable, Equatable {
    /// rₜ per trajectory.
    package let rewards: [[Float]]
    /// Âₜ per trajectory, whitened over the batch if the configuration asks for it.
    package let advantages: [[Float]]
    /// Rₜ per trajectory.
    package let returns: [[Float]]
    /// Which trajectories count; the rows of the others are zeros.
    package let included: [Bool]
    /// The KL to feed to the controller, in nats per trajectory; nil when no trajectory counts.
    package let meanKL: Double?

    /// Token rewards, generalized advantages, returns and whitening for a whole batch.
    ///
    /// No trajectory bootstraps: its last token has earned the score of what was written, cut off or not, and the
    /// value of a continuation that will never be written must not be added to it.
    ///
    /// - Parameters:
    ///   - trajectories: the batch; those not included are never read.
    ///   - klCoefficient: β of this batch.
    ///   - configuration: γ, λ, the KL estimator and whether to whiten.
    package init(_ trajectories: [ScoredTrajectory], klCoefficient: Float, configuration: PPOConfiguration) {
        included = trajectories.map(\.isIncluded)
        rewards = trajectories.map { trajectory in
            guard trajectory.isIncluded else { return [Float](repeating: 0, count: trajectory.values.count) }
            return tokenRewards(
                score: trajectory.score,
                logProbabilities: trajectory.behaviourLogProbabilities.span,
                referenceLogProbabilities: trajectory.referenceLogProbabilities.span,
                ownRewards: trajectory.tokenRewards,
                klCoefficient: klCoefficient,
                estimator: configuration.klEstimator
            )
        }
        let raw = zip(trajectories, rewards).map { trajectory, rewards in
            guard trajectory.isIncluded else { return rewards }
            return generalizedAdvantages(
                rewards: rewards.span,
                values: trajectory.values.span,
                bootstrapValue: 0,
                discount: configuration.discount,
                lambda: configuration.lambda
            )
        }
        returns = zip(trajectories, raw).map { trajectory, raw in
            guard trajectory.isIncluded else { return raw }
            return lambdaReturns(advantages: raw.span, values: trajectory.values.span)
        }
        advantages = configuration.whitenAdvantages ? whitened(raw, included: included) : raw
        meanKL = meanTrajectoryKL(
            logProbabilities: trajectories.map(\.behaviourLogProbabilities),
            referenceLogProbabilities: trajectories.map(\.referenceLogProbabilities),
            included: included,
            estimator: configuration.klEstimator
        )
    }
}

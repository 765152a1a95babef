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
    /// The score of the greedy completion of the same prompt, for the estimator `greedy`.
    package var greedyScore: Float?
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
    /// Rₜ per trajectory, the critic's targets; rewards from each token on when there is no critic.
    package let returns: [[Float]]
    /// Which trajectories are learnt from; the rows of the others are zeros.
    package let included: [Bool]
    /// Groups of two or more judged completions that all earned the same.
    package let flatGroups: Int
    /// The KL to feed to the controller, in nats per trajectory; nil when no trajectory counts.
    package let meanKL: Double?

    /// Token rewards, advantages, returns and whitening for a whole batch.
    ///
    /// No trajectory bootstraps: its last token has earned the score of what was written, cut off or not, and the
    /// value of a continuation that will never be written must not be added to it.
    ///
    /// - Parameters:
    ///   - trajectories: the batch; those not included are never read.
    ///   - groups: indices of the trajectories of each prompt; empty when each is alone.
    ///   - klCoefficient: β of this batch.
    ///   - configuration: the estimator with its γ and λ, what is left out, whether to whiten.
    package init(
        _ trajectories: [ScoredTrajectory],
        groups: [[Int]] = [],
        klCoefficient: Float,
        configuration: PPOConfiguration
    ) {
        let groups = groups.isEmpty ? trajectories.indices.map { [$0] } : groups
        let judged = trajectories.map(\.isIncluded)
        let flat = groupsWithoutVariance(totals: trajectories.map(\.earned), groups: groups, included: judged)
        flatGroups = flat.count { groups[$0].count { judged[$0] } > 1 }
        included = Self.learnt(trajectories, leavingOut: flat.flatMap { groups[$0] }, configuration)
        let scored = configuration.groupBaseline ? Self.relative(trajectories, groups, included) : trajectories
        let coefficient = configuration.klPlacement == .reward ? klCoefficient : 0
        rewards = zip(scored, included).map { trajectory, isIncluded in
            guard isIncluded else { return [Float](repeating: 0, count: trajectory.values.count) }
            return tokenRewards(
                score: trajectory.score,
                logProbabilities: trajectory.behaviourLogProbabilities.span,
                referenceLogProbabilities: trajectory.referenceLogProbabilities.span,
                ownRewards: trajectory.tokenRewards,
                klCoefficient: coefficient,
                estimator: configuration.klEstimator
            )
        }
        let raw: [[Float]]
        (raw, returns) = Self.estimates(scored, groups, rewards, included, configuration)
        advantages = configuration.whitenAdvantages ? whitened(raw, included: included) : raw
        meanKL = meanTrajectoryKL(
            logProbabilities: trajectories.map(\.behaviourLogProbabilities),
            referenceLogProbabilities: trajectories.map(\.referenceLogProbabilities),
            included: judged,
            estimator: configuration.klEstimator
        )
    }

    /// Which trajectories are learnt from: judged ones, less what the configuration masks.
    private static func learnt(
        _ trajectories: [ScoredTrajectory],
        leavingOut flat: [Int],
        _ configuration: PPOConfiguration
    ) -> [Bool] {
        var result = trajectories.map { $0.isIncluded && !(configuration.maskTruncated && $0.isTruncated) }
        if configuration.dynamicSampling { for i in flat { result[i] = false } }
        return result
    }

    /// The trajectories with scores relative to the others of their prompt.
    private static func relative(
        _ trajectories: [ScoredTrajectory],
        _ groups: [[Int]],
        _ included: [Bool]
    ) -> [ScoredTrajectory] {
        let scores = leaveOneOut(scores: trajectories.map(\.score), groups: groups, included: included)
        return zip(trajectories, scores).map { trajectory, score in
            var trajectory = trajectory
            trajectory.score = score
            return trajectory
        }
    }

    /// Advantages before whitening, and returns.
    private static func estimates(
        _ trajectories: [ScoredTrajectory],
        _ groups: [[Int]],
        _ rewards: [[Float]],
        _ included: [Bool],
        _ configuration: PPOConfiguration
    ) -> (advantages: [[Float]], returns: [[Float]]) {
        let toGo = rewards.map { rewardsToGo($0, discount: configuration.discount) }
        switch configuration.advantageEstimator {
        case .gae:
            func estimates(lambda: Float) -> [[Float]] {
                trajectories.indices.map { i in
                    let (row, trajectory) = (rewards[i], trajectories[i])
                    guard included[i] else { return row }
                    return generalizedAdvantages(
                        rewards: row.span,
                        values: trajectory.values.span,
                        bootstrapValue: 0,
                        discount: configuration.discount,
                        lambda: lambda
                    )
                }
            }
            let raw = estimates(lambda: configuration.lambda)
            let critic = configuration.valueLambda.map { estimates(lambda: $0) } ?? raw
            let returns = trajectories.indices.map { i in
                let (row, trajectory) = (critic[i], trajectories[i])
                guard included[i] else { return rewards[i] }
                return lambdaReturns(advantages: row.span, values: trajectory.values.span)
            }
            return (raw, returns)
        case .reinforce:
            return (toGo, toGo)
        case .greedy:
            let raw = trajectories.indices.map { i in
                included[i] ? toGo[i].map { $0 - (trajectories[i].greedyScore ?? 0) } : toGo[i]
            }
            return (raw, toGo)
        case .grpo, .drgrpo, .rloo:
            let totals = rewards.map { row in row.reduce(0.0) { $0 + Double($1) } }
            let outcomes = groupAdvantages(
                totals: totals,
                groups: groups,
                included: included,
                estimator: configuration.advantageEstimator
            )
            return (zip(rewards, outcomes).map { [Float](repeating: Float($1), count: $0.count) }, toGo)
        }
    }
}

extension ScoredTrajectory {
    /// The score and what the tokens earned themselves.
    package var earned: Double {
        guard isIncluded else { return 0 }
        return tokenRewards.reduce(Double(score)) { $0 + Double($1) }
    }
}

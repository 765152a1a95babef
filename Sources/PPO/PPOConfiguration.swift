/// Every PPO hyperparameter, its default and its legal range.
///
/// The only place a default is written. Users write the keys in snake case (`clip_epsilon`); a key that is absent
/// keeps its default.
package struct PPOConfiguration: Sendable, Equatable {
    /// How advantages are made of rewards.
    package var advantageEstimator = AdvantageEstimator.gae
    /// ε of the clipped surrogate objective, in 0 < ε < 1.
    package var clipEpsilon: Float = 0.2
    /// ε above 1 alone (clip-higher), above 0; nil is `clipEpsilon`.
    package var clipEpsilonHigh: Float?
    /// c of the dual clip, above 1; nil leaves it out.
    package var dualClip: Float?
    /// How the losses of tokens are added up to that of a minibatch.
    package var lossAggregation = LossAggregation.tokenMean
    /// ε of the clipped value loss, in value units, at least 0; 0 does not clip.
    package var valueClipEpsilon: Float = 0.2
    /// γ, in 0...1: one, because a completion is a single undiscounted episode.
    package var discount: Float = 1
    /// λ of generalized advantage estimation, in 0...1.
    package var lambda: Float = 0.95
    /// λ of the critic's targets, in 0...1; nil is `lambda`.
    ///
    /// Decoupled as in VAPO, Yue et al. 2025, <https://arxiv.org/abs/2504.05118>, section 4.1.
    package var valueLambda: Float?
    /// Passes over each batch of trajectories, at least 1.
    package var epochs = 4
    /// Trajectories per gradient step, at least 1.
    package var minibatchSize = 16
    /// α, the weight of the value loss, at least 0 (the original's `vf_coef`).
    package var valueCoefficient: Float = 0.1
    /// β, the first weight of the per-token KL penalty, at least 0 (the original's `kl_coef`).
    package var klCoefficient: Float = 0.1
    /// The KL to the reference policy that β steers for, in nats per trajectory, above 0 (the original's `kl_target`).
    package var klTarget: Float = 1
    /// Trajectories over which β may change by a factor of about e^0.2, above 0.
    package var klHorizon: Float = 10_000
    /// Whether β follows `klTarget` or stays at `klCoefficient`.
    package var adaptiveKL = true
    /// How the KL to the reference policy is estimated from one token.
    package var klEstimator = KLEstimator.k1
    /// Whether the KL is subtracted from the rewards or added to the loss.
    package var klPlacement = KLPlacement.reward
    /// Weight of the entropy bonus, at least 0.
    package var entropyCoefficient: Float = 0
    /// How scores are brought to one scale.
    package var rewardNormalization = RewardNormalization.none
    /// Whether prompts whose completions all earned the same are left out.
    package var dynamicSampling = false
    /// Whether completions that the length limit cut off are left out of the loss (overlong filtering).
    ///
    /// Source: Yu et al. 2025 (DAPO), <https://arxiv.org/abs/2503.14476>, section 3.4.
    package var maskTruncated = false
    /// What the ratio is taken to when completions come from an older policy.
    package var offPolicy = OffPolicyCorrection.behaviour
    /// The largest weight of a token under `OffPolicyCorrection.truncated`, above 0.
    package var importanceCap: Float = 2
    /// Whether advantages are brought to mean 0 and variance 1 over the whole batch.
    package var whitenAdvantages = true
    /// Whether a completion is scored relative to the others of its prompt (`leaveOneOut`), beside the critic.
    package var groupBaseline = false
    /// Gradient steps at the start of a run that train the critic only, at least 0.
    package var criticWarmupSteps = 0
    /// The learning rate of the value head, at least 0; 0 takes the optimiser's.
    ///
    /// The head starts at zero and has to reach the scale of the returns before its advantages mean anything, while the
    /// policy must move slowly: a rate of its own lets it.
    package var criticLearningRate: Float = 0
    /// The approximate KL from behaviour to current policy, in nats per token, above which a batch is left early.
    ///
    /// Above 0; nil never stops early.
    package var targetKL: Float?
    /// The largest global norm of the gradient, above 0; a longer gradient is scaled down to it.
    package var maximumGradientNorm: Float = 1

    package init() {}

    /// Gradient steps taken for a batch of `trajectories` when nothing stops it early.
    package func gradientSteps(trajectories: Int) -> Int {
        epochs * ((trajectories + minibatchSize - 1) / minibatchSize)
    }

    /// Whether gradient step `step` (counted from 0 over the run) moves the policy, or the critic only.
    package func trainsPolicy(step: Int) -> Bool { step >= criticWarmupSteps }

    /// Whether the rest of the batch is skipped because the policy has moved too far from the behaviour policy.
    package func stopsEarly(approximateKL: Double) -> Bool {
        guard let targetKL else { return false }
        return approximateKL > Double(targetKL)
    }

    /// The clip of the surrogate.
    package var clipRange: ClipRange { ClipRange(clipEpsilon, high: clipEpsilonHigh, dual: dualClip) }

    /// Checks every range.
    ///
    /// - Throws: the first hyperparameter that is out of range, under the name the user wrote it.
    package func validate() throws(ConfigurationError) {
        try validateClips()
        try validateRewards()
        try require(.discount, discount, (0...1).contains(discount), "0 ≤ γ ≤ 1")
        try require(.lambda, lambda, (0...1).contains(lambda), "0 ≤ λ ≤ 1")
        if let valueLambda {
            try require(.valueLambda, valueLambda, (0...1).contains(valueLambda), "0 ≤ λ ≤ 1, or nothing")
        }
        try require(.epochs, epochs, epochs >= 1, "a whole number of at least 1")
        try require(.minibatchSize, minibatchSize, minibatchSize >= 1, "a whole number of at least 1")
        try require(.valueCoefficient, valueCoefficient, isNotNegative(valueCoefficient), Self.notNegative)
        try require(.entropyCoefficient, entropyCoefficient, isNotNegative(entropyCoefficient), Self.notNegative)
        try require(.criticWarmupSteps, criticWarmupSteps, criticWarmupSteps >= 0, "a whole number of at least 0")
        try require(.criticLearningRate, criticLearningRate, isNotNegative(criticLearningRate), Self.notNegative)
        if let targetKL {
            try require(.targetKL, targetKL, isPositive(targetKL), "a number of nats above 0, or nothing")
        }
        try require(.maximumGradientNorm, maximumGradientNorm, isPositive(maximumGradientNorm), "a number above 0")
    }

    private func validateClips() throws(ConfigurationError) {
        try require(.clipEpsilon, clipEpsilon, clipEpsilon > 0 && clipEpsilon < 1, "0 < ε < 1")
        if let clipEpsilonHigh {
            try require(
                .clipEpsilonHigh,
                clipEpsilonHigh,
                isPositive(clipEpsilonHigh),
                "a number above 0, or nothing: as clip_epsilon"
            )
        }
        if let dualClip {
            try require(.dualClip, dualClip, dualClip.isFinite && dualClip > 1, "a number above 1, or nothing")
        }
        try require(.valueClipEpsilon, valueClipEpsilon, isNotNegative(valueClipEpsilon), Self.notNegative)
        try require(.importanceCap, importanceCap, isPositive(importanceCap), "a number above 0")
    }

    private func validateRewards() throws(ConfigurationError) {
        try require(.klCoefficient, klCoefficient, isNotNegative(klCoefficient), Self.notNegative)
        try require(.klTarget, klTarget, isPositive(klTarget), "a number of nats above 0")
        try require(.klHorizon, klHorizon, isPositive(klHorizon), "a number of trajectories above 0")
        try require(
            .klEstimator,
            klEstimator.rawValue,
            klPlacement == .reward || klEstimator != .k1,
            "k2 or k3 with kl_placement: loss, where the gradient of k1 is 0 in expectation"
        )
        try require(
            .groupBaseline,
            groupBaseline,
            !groupBaseline || advantageEstimator == .gae,
            "false: the estimator \(advantageEstimator.rawValue) has a baseline of its own, or wants none"
        )
        try require(
            .criticWarmupSteps,
            criticWarmupSteps,
            criticWarmupSteps == 0 || advantageEstimator.usesCritic,
            "0: the estimator \(advantageEstimator.rawValue) has no critic"
        )
    }

    private static let notNegative = "a number of at least 0"

    private func require<T>(_ key: CodingKeys, _ value: T, _ holds: Bool, _ allowed: String) throws(ConfigurationError)
    {
        guard holds else { throw .outOfRange(key: key.rawValue, value: "\(value)", allowed: allowed) }
    }

    private func isPositive(_ value: Float) -> Bool { value.isFinite && value > 0 }

    private func isNotNegative(_ value: Float) -> Bool { value.isFinite && value >= 0 }
}

extension PPOConfiguration: Codable {
    /// The names users write.
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case advantageEstimator = "advantage_estimator"
        case clipEpsilon = "clip_epsilon"
        case clipEpsilonHigh = "clip_epsilon_high"
        case dualClip = "dual_clip"
        case lossAggregation = "loss_aggregation"
        case valueClipEpsilon = "value_clip_epsilon"
        case discount
        case lambda
        case valueLambda = "value_lambda"
        case epochs
        case minibatchSize = "minibatch_size"
        case valueCoefficient = "value_coefficient"
        case klCoefficient = "kl_coefficient"
        case klTarget = "kl_target"
        case klHorizon = "kl_horizon"
        case adaptiveKL = "adaptive_kl"
        case klEstimator = "kl_estimator"
        case klPlacement = "kl_placement"
        case entropyCoefficient = "entropy_coefficient"
        case rewardNormalization = "reward_normalization"
        case dynamicSampling = "dynamic_sampling"
        case maskTruncated = "mask_truncated"
        case offPolicy = "off_policy"
        case importanceCap = "importance_cap"
        case whitenAdvantages = "whiten_advantages"
        case groupBaseline = "group_baseline"
        case criticWarmupSteps = "critic_warmup_steps"
        case criticLearningRate = "critic_learning_rate"
        case targetKL = "target_kl"
        case maximumGradientNorm = "maximum_gradient_norm"
    }

    package init(from decoder: any Decoder) throws {
        self.init()
        let table = try decoder.container(keyedBy: CodingKeys.self)
        func read<T: Decodable>(_ key: CodingKeys, _ value: inout T) throws {
            value = try table.decodeIfPresent(T.self, forKey: key) ?? value
        }
        try read(.advantageEstimator, &advantageEstimator)
        try read(.clipEpsilon, &clipEpsilon)
        clipEpsilonHigh = try table.decodeIfPresent(Float.self, forKey: .clipEpsilonHigh)
        dualClip = try table.decodeIfPresent(Float.self, forKey: .dualClip)
        try read(.lossAggregation, &lossAggregation)
        try read(.valueClipEpsilon, &valueClipEpsilon)
        try read(.discount, &discount)
        try read(.lambda, &lambda)
        valueLambda = try table.decodeIfPresent(Float.self, forKey: .valueLambda)
        try read(.epochs, &epochs)
        try read(.minibatchSize, &minibatchSize)
        try read(.valueCoefficient, &valueCoefficient)
        try read(.klCoefficient, &klCoefficient)
        try read(.klTarget, &klTarget)
        try read(.klHorizon, &klHorizon)
        try read(.adaptiveKL, &adaptiveKL)
        try read(.klEstimator, &klEstimator)
        try read(.klPlacement, &klPlacement)
        try read(.entropyCoefficient, &entropyCoefficient)
        try read(.rewardNormalization, &rewardNormalization)
        try read(.dynamicSampling, &dynamicSampling)
        try read(.maskTruncated, &maskTruncated)
        try read(.offPolicy, &offPolicy)
        try read(.importanceCap, &importanceCap)
        try read(.whitenAdvantages, &whitenAdvantages)
        try read(.groupBaseline, &groupBaseline)
        try read(.criticWarmupSteps, &criticWarmupSteps)
        try read(.criticLearningRate, &criticLearningRate)
        targetKL = try table.decodeIfPresent(Float.self, forKey: .targetKL)
        try read(.maximumGradientNorm, &maximumGradientNorm)
    }
}

internal import PPO
package import Rewards

/// A method by name: what it rewards, how it turns rewards into advantages, and its loss.
///
/// A preset changes these settings and nothing else: sizes, rates and data stay as they were, and every key can be set
/// after it.
package enum TrainingPreset: String, CaseIterable, Sendable {
    /// PPO with a critic; execution and structure. Shojaee et al. 2023, as described in section 3.
    case ppocoder
    /// REINFORCE relative to the greedy completion, alternating with teacher forcing; execution. Le et al. 2022, as
    /// described in section 3.
    case coderl
    /// REINFORCE with penalties for error lines and partial credit, alternating with teacher forcing. Liu et al. 2023, as
    /// described in section 3.
    case rltf
    /// PPO on compiling alone. Wang et al. 2022.
    case compcoder
    /// PPO on execution, with the policy trained only on lines that tests executed. Dou et al. 2024, as described in
    /// section 3.
    case stepcoder
    /// Group-normalised rewards, KL in the loss. Shao et al. 2024, section 4.1.
    case grpo
    /// The same without the biases of length and difficulty, and without KL. Liu et al. 2025, section 3.2.
    case drgrpo
    /// DAPO: clip-higher, dynamic sampling, token-level loss, overlong filtering. Yu et al. 2025, section 3.
    case dapo
    /// REINFORCE with a leave-one-out baseline, KL in the reward. Ahmadian et al. 2024, section 2.3.
    case rloo
    /// REINFORCE with the clip of PPO and advantages whitened over the batch, KL in the reward. Hu et al. 2025.
    case reinforcepp
    /// The same with the mean of the prompt as baseline, and k2 in the loss. Hu et al. 2025.
    case reinforceppBaseline = "reinforcepp-baseline"

    /// All of them, for messages.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// The reward of the method; nil where it prescribes none.
    package var reward: RewardPreset? {
        switch self {
        case .ppocoder: .ppocoder
        case .coderl: .coderl
        case .rltf: .rltf
        case .compcoder: .compcoder
        case .stepcoder: .coderl
        case .grpo, .drgrpo, .dapo, .rloo, .reinforcepp, .reinforceppBaseline: nil
        }
    }
}

extension RunConfiguration {
    /// Changes the settings that make up a method.
    package mutating func apply(_ preset: TrainingPreset) {
        if let name = preset.reward { reward = RewardConfiguration(preset: name) }
        ppo.groupBaseline = false
        critic = CriticSection()
        switch preset {
        case .ppocoder, .compcoder: ppo.advantageEstimator = .gae
        case .stepcoder:
            ppo.advantageEstimator = .gae
            reward.maskUnexecuted = true
        case .coderl, .rltf:
            useEstimator(preset == .coderl ? .greedy : .reinforce)
            ppo.epochs = 1
            ppo.klCoefficient = 0
            sft.mixEvery = 1
        case .grpo:
            useEstimator(.grpo)
            ppo.lossAggregation = .sequenceMean
            useLossKL(.k3, coefficient: 0.04)
        case .drgrpo:
            useEstimator(.drgrpo)
            ppo.lossAggregation = .constantLength
            ppo.klCoefficient = 0
        case .dapo:
            useEstimator(.grpo)
            ppo.klCoefficient = 0
            ppo.clipEpsilonHigh = 0.28
            ppo.dynamicSampling = true
            ppo.maskTruncated = true
            rollout.refillRounds = 2
        case .rloo: useEstimator(.rloo)
        case .reinforcepp:
            useEstimator(.reinforce)
            ppo.whitenAdvantages = true
        case .reinforceppBaseline:
            useEstimator(.drgrpo)
            ppo.whitenAdvantages = true
            useLossKL(.k2, coefficient: 0.01)
        }
    }

    /// An estimator without a critic.
    private mutating func useEstimator(_ estimator: AdvantageEstimator) {
        ppo.advantageEstimator = estimator
        ppo.criticWarmupSteps = 0
        ppo.whitenAdvantages = false
        ppo.adaptiveKL = false
    }

    private mutating func useLossKL(_ estimator: KLEstimator, coefficient: Float) {
        ppo.klPlacement = .loss
        ppo.klEstimator = estimator
        ppo.klCoefficient = coefficient
    }
}

internal import Optimizers
internal import PPO

/// The keys that take one of several names which the decoder alone knows, and those names.
let configurationChoices: [String: [String]] = [
    "ppo.advantage_estimator": names(of: AdvantageEstimator.self),
    "ppo.loss_aggregation": names(of: LossAggregation.self),
    "ppo.kl_estimator": names(of: KLEstimator.self),
    "ppo.kl_placement": names(of: KLPlacement.self),
    "ppo.off_policy": names(of: OffPolicyCorrection.self),
    "ppo.reward_normalization": names(of: RewardNormalization.self),
    "optimizer.schedule.decay": names(of: LearningRateSchedule.Decay.self),
]

/// What a message says was expected where `name` was found.
func oneOf(_ names: [String], found name: String) -> String {
    let nearest = nearestName(to: name, among: names)
    return "one of \(names.joined(separator: ", "))" + (nearest.map { "; did you mean \($0)?" } ?? "")
}

private func names<Choice: CaseIterable & RawRepresentable<String>>(of choice: Choice.Type) -> [String] {
    choice.allCases.map(\.rawValue)
}

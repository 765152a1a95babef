internal import Optimizers
internal import PPO

/// What is expected of the keys that take one of several names which the decoder alone knows, by what was found there.
let configurationChoices: [String: @Sendable (_ found: String) -> String] = [
    "ppo.advantage_estimator": { oneOf(AdvantageEstimator.self, found: $0) },
    "ppo.loss_aggregation": { oneOf(LossAggregation.self, found: $0) },
    "ppo.kl_estimator": { oneOf(KLEstimator.self, found: $0) },
    "ppo.kl_placement": { oneOf(KLPlacement.self, found: $0) },
    "ppo.off_policy": { oneOf(OffPolicyCorrection.self, found: $0) },
    "ppo.reward_normalization": { oneOf(RewardNormalization.self, found: $0) },
    "optimizer.schedule.decay": { oneOf(LearningRateSchedule.Decay.self, found: $0) },
]

/// What a message says was expected where `name` was found: all names of `choice`, and the nearest one.
func oneOf<Choice: CaseIterable & RawRepresentable<String>>(_ choice: Choice.Type, found name: String) -> String {
    let names = choice.allCases.map(\.rawValue)
    let nearest = nearestName(to: name, among: names)
    return "one of \(names.joined(separator: ", "))" + (nearest.map { "; did you mean \($0)?" } ?? "")
}

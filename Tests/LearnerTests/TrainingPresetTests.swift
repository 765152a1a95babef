import Learner
import Optimizers
import PPO
import Rewards
import Testing

struct TrainingPresetTests {
    /// On the plain settings and on those of the default run.
    @Test(arguments: TrainingPreset.allCases, [false, true])
    func everyPresetIsALegalRun(preset: TrainingPreset, builtin: Bool) throws {
        var configuration = builtin ? RunConfiguration.builtinRun : RunConfiguration()
        let (sizes, rate) = (configuration.rollout.promptsPerStep, configuration.optimizer.learningRate)
        configuration.apply(preset)
        configuration = try ConfigurationLoader(base: configuration).finish()
        #expect(configuration.rollout.promptsPerStep == sizes && configuration.optimizer.learningRate == rate)
    }

    @Test func presetsDifferFromOneAnother() {
        let all = TrainingPreset.allCases.map { preset in
            var configuration = RunConfiguration()
            configuration.apply(preset)
            return configuration
        }
        for i in all.indices { #expect(all.firstIndex(of: all[i]) == i, "\(TrainingPreset.allCases[i])") }
    }

    @Test func aSettingOverridesThePreset() throws {
        var base = RunConfiguration()
        base.apply(.grpo)
        var loader = try ConfigurationLoader(base: base)
        try loader.merge(override: "ppo.kl_coefficient=0")
        try loader.merge(override: "reward.preset=rltf")
        let configuration = try loader.finish()
        #expect(configuration.ppo.advantageEstimator == .grpo && configuration.ppo.klCoefficient == 0)
        #expect(configuration.reward == RewardConfiguration(preset: .rltf))
    }
}

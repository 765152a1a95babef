internal import Datasets
internal import Optimizers
internal import PPO

extension RunConfiguration {
    /// The default run: a small model learns the built-in problems on two cores.
    ///
    /// The warm start copies a corpus that shows the habitual mistake of a kind of exercise more often than the right
    /// way; PPO finds out by execution which of the two passes. Settings chosen on seed 1 and a model of 1 M parameters.
    package static var builtinRun: RunConfiguration {
        var run = RunConfiguration()
        run.run.name = "default"
        run.run.iterations = 200
        run.run.evaluateEvery = 20
        run.run.checkpointEvery = 50
        run.data.maximumSourceLength = 96
        run.rollout.maximumTargetLength = 96
        run.rollout.promptsPerStep = 128
        run.rollout.samplesPerPrompt = 4
        run.rollout.promptsPerShard = 32
        run.rollout.asp = 5
        run.rollout.topP = 0.98
        run.sft.steps = 3600
        run.sft.learningRate = 1.5e-3
        run.sft.flawedShare = 0.7
        run.optimizer.learningRate = 1.2e-4
        run.optimizer.schedule.decay = .linear
        run.optimizer.schedule.warmupSteps = 32
        run.ppo.epochs = 2
        run.ppo.minibatchSize = 128
        run.ppo.lambda = 1
        run.ppo.groupBaseline = true
        run.ppo.criticWarmupSteps = 16
        run.ppo.criticLearningRate = 1e-3
        run.ppo.valueClipEpsilon = 0.5
        run.ppo.valueCoefficient = 0.01
        run.ppo.klCoefficient = 0.003
        run.ppo.klTarget = 6
        return run
    }

    /// The default run on the built-in translations: the same sizes and settings, and room for their longer prompts.
    package static var builtinPairsRun: RunConfiguration {
        var run = builtinRun
        run.run.name = "pairs"
        run.data.task = DatasetTask.builtinPairs.rawValue
        run.data.maximumSourceLength = 128
        return run
    }
}

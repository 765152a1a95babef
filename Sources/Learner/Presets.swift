internal import Optimizers
internal import PPO

extension RunConfiguration {
    /// The default run: a small model learns the built-in problems on two cores.
    package static var builtinRun: RunConfiguration {
        var run = RunConfiguration()
        run.run.name = "default"
        run.run.iterations = 120
        run.run.evaluateEvery = 20
        run.run.checkpointEvery = 20
        run.data.maximumSourceLength = 96
        run.rollout.maximumTargetLength = 96
        run.optimizer.learningRate = 2e-4
        run.ppo.epochs = 2
        run.ppo.minibatchSize = 64
        run.ppo.klCoefficient = 0.02
        run.ppo.klTarget = 6
        return run
    }
}

internal import Optimizers
internal import PPO
internal import Tensors
internal import Transformer

/// A critic with a T5 of its own, which begins as a copy of the policy.
///
/// The learner computes its values when a batch arrives, so workers need not know it.
final class SeparateCritic {
    let parameters: T5Parameters
    let optimizer: AdamW
    private let lanes: GradientLanes
    private let configuration: RunConfiguration
    private let sampling: SamplingSettings

    init(parameters: T5Parameters, configuration: RunConfiguration) {
        self.parameters = parameters
        self.configuration = configuration
        sampling = configuration.samplingSettings
        lanes = GradientLanes(
            count: configuration.cluster.learnerLanes,
            configuration: parameters.configuration,
            recomputes: configuration.cluster.recomputeActivations
        )
        for lane in lanes.lanes { lane.scorer.scoresTokens = false }
        optimizer = makeOptimizer(parameters, gradients: lanes.gradients, configuration: configuration.optimizer)
    }

    /// V(sₜ) of every trajectory; empty for masked ones.
    func values(_ trajectories: [Trajectory]) -> [[Float]] {
        lanes.forward(trajectories, parameters, sampling, microbatch: configuration.cluster.microbatchSize) {
            $0.values
        }
    }

    /// Leaves the gradient of the value loss of one minibatch in the sum of the lanes.
    func minibatch(_ members: [Int], _ batch: UpdateBatch, normalizer: Float) -> MinibatchFigures {
        lanes.zeroGradients()
        let ppo = configuration.ppo
        let chunks = PPOLearner.chunks(members, size: configuration.cluster.microbatchSize)
        let (parameters, sampling) = (parameters, sampling)
        let results = lanes.forEachMicrobatch(chunks.count) { lane, index in
            let chunk = chunks[index]
            let scores = lane.scorer.forward(
                parameters: parameters,
                batch: PPOLearner.batch(chunk.map { batch.trajectories[$0] }),
                settings: sampling,
                keepForBackward: true
            )
            var figures = MinibatchFigures()
            let gradients = zip(chunk, scores).map { member, score in
                let (row, statistics) = PPOLearner.valueGradients(
                    score.values,
                    of: member,
                    in: batch,
                    ppo: ppo,
                    normalizer: normalizer
                )
                figures.value.merge(statistics)
                if !statistics.loss.isFinite { figures.broken.append(member) }
                return row
            }
            lane.scorer.backward(
                parameters: parameters,
                gradients: lane.gradients,
                logProbabilityGradients: gradients.map { $0.map { _ in 0 } },
                entropyGradients: nil,
                valueGradients: gradients
            )
            return figures
        }
        lanes.reduce()
        return results.reduce(into: MinibatchFigures()) { $0.merge($1) }
    }

    /// One gradient step.
    ///
    /// - Returns: the norm of the gradient before clipping.
    func step(learningRate: Double, maximumGradientNorm: Double) throws -> Double {
        try optimizer.step(learningRate: learningRate, maximumGradientNorm: maximumGradientNorm).gradientNorm
    }
}

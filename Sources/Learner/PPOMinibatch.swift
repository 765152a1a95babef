internal import Foundation
internal import PPO
internal import Tensors
internal import Transformer

/// Forward, losses and backward of minibatches; nothing here moves a weight.
extension PPOLearner {
    /// Leaves the gradients of one minibatch in the sums of the lanes, the policy's and a separate critic's.
    func minibatch(_ members: [Int], _ batch: UpdateBatch, trainsPolicy: Bool) -> MinibatchFigures {
        let ppo = configuration.ppo
        let usesCritic = ppo.advantageEstimator.usesCritic
        let valueNormalizer = lossNormalizer(
            lengths: members.map { batch.trajectories[$0].tokens.count },
            included: members.map { _ in true }
        )
        let lengths = members.map { batch.trajectories[$0].tokens.count - batch.trajectories[$0].idleTokens.count }
        let policyNormalizers = lossWeights(
            lengths: lengths,
            aggregation: ppo.lossAggregation,
            maximumLength: configuration.rollout.maximumTargetLength
        )
        let chunks = Self.chunks(Array(members.indices), size: configuration.cluster.microbatchSize)
        let hasOwnCritic = critic != nil
        // Nothing writes them until all lanes are done.
        let (parameters, sampling) = (parameters, sampling)
        lanes.zeroGradients()
        let results = lanes.forEachMicrobatch(chunks.count) { lane, index in
            let chunk = chunks[index].map { members[$0] }
            lane.scorer.stopValueGradientIntoTrunk = !trainsPolicy
            let scores = lane.scorer.forward(
                parameters: parameters,
                batch: Self.batch(chunk.map { batch.trajectories[$0] }),
                settings: sampling,
                keepForBackward: true
            )
            var figures = MinibatchFigures()
            var gradients = TokenGradients()
            for (place, score) in zip(chunks[index], scores) {
                Self.differentiate(
                    score,
                    of: members[place],
                    in: batch,
                    ppo: ppo,
                    normalizer: policyNormalizers[place],
                    trainsPolicy: trainsPolicy,
                    into: &gradients,
                    &figures
                )
                if usesCritic, !hasOwnCritic {
                    let (row, statistics) = Self.valueGradients(
                        score.values,
                        of: members[place],
                        in: batch,
                        ppo: ppo,
                        normalizer: valueNormalizer
                    )
                    gradients.values.append(row)
                    figures.value.merge(statistics)
                    if !statistics.loss.isFinite { figures.broken.append(members[place]) }
                }
            }
            lane.scorer.backward(
                parameters: parameters,
                gradients: lane.gradients,
                logProbabilityGradients: gradients.logProbabilities,
                entropyGradients: trainsPolicy && ppo.entropyCoefficient > 0 ? gradients.entropies : nil,
                valueGradients: usesCritic && !hasOwnCritic ? gradients.values : nil
            )
            return figures
        }
        lanes.reduce()
        var figures = results.reduce(into: MinibatchFigures()) { $0.merge($1) }
        if let critic { figures.merge(critic.minibatch(members, batch, normalizer: valueNormalizer)) }
        return figures
    }

    /// Gradients of the losses by what the model put out, one row per completion.
    private struct TokenGradients {
        var logProbabilities: [[Float]] = []
        var entropies: [[Float]] = []
        var values: [[Float]] = []
    }

    /// The policy's losses of one completion.
    private static func differentiate(
        _ score: ScoredTarget,
        of member: Int,
        in batch: UpdateBatch,
        ppo: PPOConfiguration,
        normalizer: Float,
        trainsPolicy: Bool,
        into gradients: inout TokenGradients,
        _ figures: inout MinibatchFigures
    ) {
        let (old, advantages) = (batch.old[member], batch.advantages.advantages[member])
        let weights = batch.weights[member]
        var (row, statistics) = clippedSurrogate(
            logProbabilities: score.logProbabilities.span,
            behaviourLogProbabilities: old.span,
            advantages: advantages.span,
            weights: weights,
            clip: ppo.clipRange,
            normalizer: normalizer
        )
        if batch.lossKL > 0 {
            let reference = batch.trajectories[member].referenceLogProbabilities
            let penalty = klLoss(
                logProbabilities: score.logProbabilities.span,
                referenceLogProbabilities: reference.span,
                coefficient: batch.lossKL,
                estimator: ppo.klEstimator,
                normalizer: normalizer
            )
            for t in row.indices where weights.isEmpty || weights[t] != 0 { row[t] += penalty.gradients[t] }
            figures.klLoss += penalty.loss
            if !penalty.loss.isFinite { figures.broken.append(member) }
        }
        if !statistics.loss.isFinite { figures.broken.append(member) }
        figures.policy.merge(statistics)
        figures.entropySum += score.entropies.reduce(0) { $0 + Double($1) }
        figures.entropyTokens += score.entropies.count
        gradients.logProbabilities.append(trainsPolicy ? row : row.map { _ in 0 })
        gradients.entropies.append(
            score.entropies.indices.map {
                weights.isEmpty || weights[$0] != 0 ? -ppo.entropyCoefficient * normalizer : 0
            }
        )
    }

    /// α times the gradient of the value loss of one completion.
    static func valueGradients(
        _ values: [Float],
        of member: Int,
        in batch: UpdateBatch,
        ppo: PPOConfiguration,
        normalizer: Float
    ) -> (gradients: [Float], statistics: ValueStatistics) {
        let behaviour = batch.scored[member].values
        let returns = batch.advantages.returns[member]
        let (gradients, statistics) = clippedValueLoss(
            values: values.span,
            behaviourValues: behaviour.span,
            returns: returns.span,
            clipEpsilon: ppo.valueClipEpsilon,
            normalizer: normalizer
        )
        return (gradients.map { $0 * ppo.valueCoefficient }, statistics)
    }

    /// log π(aₜ|sₜ) of every trajectory under the current weights; empty for masked ones.
    func score(_ trajectories: [Trajectory]) -> [[Float]] {
        lanes.forward(trajectories, parameters, sampling, microbatch: configuration.cluster.microbatchSize) {
            $0.logProbabilities
        }
    }

    /// Indices of trajectories, one array per prompt, in slot order.
    static func groups(of trajectories: [Trajectory]) -> [[Int]] {
        var groups: [[Int]] = []
        for i in trajectories.indices {
            if i > 0, trajectories[i].source == trajectories[i - 1].source,
                trajectories[i].problemID == trajectories[i - 1].problemID
            {
                groups[groups.count - 1].append(i)
            } else {
                groups.append([i])
            }
        }
        return groups
    }

    static func chunks(_ members: [Int], size: Int) -> [[Int]] {
        stride(from: 0, to: members.count, by: size).map { Array(members[$0..<min($0 + size, members.count)]) }
    }

    /// Samples of one prompt share one encoder pass.
    static func batch(_ trajectories: [Trajectory]) -> TeacherForcedBatch {
        var sources: [[Int32]] = []
        var targets: [TeacherForcedBatch.Target] = []
        for trajectory in trajectories {
            if sources.last != trajectory.source { sources.append(trajectory.source) }
            targets.append(
                TeacherForcedBatch.Target(
                    sourceIndex: sources.count - 1,
                    tokens: trajectory.tokens,
                    supports: trajectory.supports
                )
            )
        }
        return TeacherForcedBatch(sources: sources, targets: targets)
    }
}

extension Trajectory {
    var scored: ScoredTrajectory {
        var scored = ScoredTrajectory(
            score: Float(score),
            behaviourLogProbabilities: behaviourLogProbabilities,
            referenceLogProbabilities: referenceLogProbabilities,
            values: values,
            isTruncated: !finished,
            isIncluded: !masked
        )
        scored.tokenRewards = tokenRewards
        scored.greedyScore = greedyScore.map(Float.init)
        return scored
    }
}

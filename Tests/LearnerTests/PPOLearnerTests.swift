import Determinism
import Foundation
import Learner
import Optimizers
import PPO
import Programs
import Testing
import Transformer

/// The learner on made-up completions: what is masked is not read, no split into micro-batches matters, nothing that is not
/// finite gets into a weight.
struct PPOLearnerTests {
    private func configuration(_ change: (inout RunConfiguration) -> Void = { _ in }) -> RunConfiguration {
        var configuration = RunConfiguration()
        configuration.rollout.samplesPerPrompt = 3
        configuration.rollout.maximumTargetLength = 10
        configuration.ppo.epochs = 1
        configuration.ppo.minibatchSize = 12
        configuration.optimizer.learningRate = 1e-2
        change(&configuration)
        return configuration
    }

    private func parameters() -> T5Parameters {
        let shape = T5Configuration(
            dModel: 16,
            dKV: 8,
            dFF: 32,
            numEncoderLayers: 1,
            numDecoderLayers: 1,
            numHeads: 2,
            vocabularySize: 40,
            padTokenID: 0,
            eosTokenID: 1,
            decoderStartTokenID: 0
        )
        return T5Parameters.random(configuration: shape, seed: 5)
    }

    /// Four prompts, three completions of each; their log-probabilities are those of `parameters`.
    private func batch(_ parameters: T5Parameters) -> [Trajectory] {
        let scorer = T5Scorer(configuration: parameters.configuration)
        return (0..<12).map { slot in
            let source = (0..<6).map { Int32(2 + (slot / 3 * 7 + $0 * 5) % 38) }
            let tokens = (0..<3 + slot % 5).map { Int32(2 + (slot * 11 + $0 * 3) % 38) } + [1]
            let scores = scorer.forward(
                parameters: parameters,
                batch: TeacherForcedBatch(
                    sources: [source],
                    targets: [TeacherForcedBatch.Target(sourceIndex: 0, tokens: tokens, supports: nil)]
                ),
                settings: configuration().samplingSettings,
                keepForBackward: false
            )[0]
            var trajectory = Trajectory(
                slot: slot,
                source: source,
                tokens: tokens,
                logProbabilities: scores.logProbabilities,
                values: scores.values,
                entropies: scores.entropies,
                finished: true,
                score: [1, -0.3, -1, 0.4, 2][slot * 3 % 5]
            )
            trajectory.problemID = "\(slot / 3)"
            return trajectory
        }
    }

    @Test(arguments: [Float.nan, .infinity])
    func whatMaskedTrajectoriesHoldDoesNotMatter(junk: Float) throws {
        func weights(_ junk: Float) throws -> String {
            let parameters = parameters()
            var trajectories = batch(parameters)
            for slot in [1, 7] {
                let blank = trajectories[slot].tokens.map { _ in junk }
                trajectories[slot].masked = true
                trajectories[slot].score = Double(junk)
                trajectories[slot].behaviourLogProbabilities = blank
                trajectories[slot].referenceLogProbabilities = blank
                trajectories[slot].values = blank
                trajectories[slot].entropies = blank
            }
            let learner = PPOLearner(parameters: parameters, configuration: configuration())
            _ = try learner.update(trajectories: trajectories, step: 0)
            return parameters.digest().hex
        }
        #expect(try weights(junk) == weights(0))
    }

    /// The gradient of a minibatch against that of one pass over all: equal to rounding, and no direction is preferred.
    @Test(arguments: [LossAggregation.tokenMean, .sequenceMean, .constantLength], [1, 2, 5])
    func noSplitChangesTheGradient(aggregation: LossAggregation, size: Int) throws {
        func gradient(_ size: Int) throws -> [Float] {
            let parameters = parameters()
            let trajectories = batch(parameters)
            let configuration = configuration {
                $0.cluster.microbatchSize = size
                $0.ppo.lossAggregation = aggregation
                $0.ppo.entropyCoefficient = 0.01
            }
            let learner = PPOLearner(parameters: parameters, configuration: configuration)
            _ = try learner.update(trajectories: trajectories, step: 0)
            return learner.lastGradient
        }
        let whole = try gradient(12)
        let split = try gradient(size)
        let norm = whole.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let residuals = zip(whole, split).map { Double($0) - Double($1) }
        let distance = residuals.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(norm > 0 && distance <= 1e-5 * norm)
        // A bias would add up over the elements; rounding does not.
        #expect(abs(residuals.reduce(0, +)) <= 4 * distance * 1.0 + 1e-12 * norm)
    }

    @Test func aLossThatIsNotFiniteNamesItsSlotAndChangesNothing() throws {
        let parameters = parameters()
        var trajectories = batch(parameters)
        trajectories[4].referenceLogProbabilities[1] = .nan
        let configuration = configuration {
            $0.apply(.grpo)
            $0.ppo.klCoefficient = 0.1
        }
        let before = parameters.digest()
        let learner = PPOLearner(parameters: parameters, configuration: configuration)
        let error = try #require(throws: LearnerError.self) {
            _ = try learner.update(trajectories: trajectories, step: 3)
        }
        guard case .nonFinite(3, [4], _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(parameters.digest() == before)
        #expect("\(error)".contains("slots 4"))
    }

    @Test func aWorkerThatSamplesFromAnotherDistributionStopsTheRun() throws {
        let parameters = parameters()
        var trajectories = batch(parameters)
        trajectories[2].behaviourLogProbabilities[0] -= 0.5
        let learner = PPOLearner(parameters: parameters, configuration: configuration())
        let error = try #require(throws: LearnerError.self) {
            _ = try learner.update(trajectories: trajectories, step: 0)
        }
        #expect("\(error)".contains("another distribution"))
    }

    /// The policy does not see the tokens of idle lines: junk in their advantages and log-probabilities changes nothing.
    @Test func idleTokensTeachThePolicyNothing() throws {
        func weights(_ shift: Float) throws -> String {
            let parameters = parameters()
            var trajectories = batch(parameters)
            for slot in 0..<12 {
                trajectories[slot].idleTokens = [0, 1]
                trajectories[slot].behaviourLogProbabilities[1] += shift
            }
            let configuration = configuration {
                $0.run.staleness = 1
                $0.apply(.rloo)
                $0.ppo.klCoefficient = 0
            }
            let learner = PPOLearner(parameters: parameters, configuration: configuration)
            _ = try learner.update(trajectories: trajectories, step: 0)
            return parameters.digest().hex
        }
        #expect(try weights(0) == weights(0.3))
    }

    @Test func aSeparateCriticLearnsWithoutMovingThePolicysTrunk() throws {
        let parameters = parameters()
        let trajectories = batch(parameters)
        let before = parameters.digest()
        let configuration = configuration {
            $0.critic.separate = true
            $0.critic.pretrainingIterations = 30
            $0.ppo.valueClipEpsilon = 0
            $0.ppo.criticLearningRate = 5e-3
        }
        let learner = PPOLearner(parameters: parameters, configuration: configuration)
        var losses: [Double] = []
        for step in 0..<30 {
            losses.append(try learner.update(trajectories: trajectories, step: step)["critic/vf_loss"] ?? .nan)
        }
        #expect(parameters.digest() == before)
        #expect(losses[29] < 0.5 * losses[0])
    }
}

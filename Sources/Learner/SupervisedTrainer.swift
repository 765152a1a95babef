internal import Foundation
internal import Optimizers
package import Transformer

/// One pair of a prompt and the program to write for it, as token ids.
package struct SupervisedExample: Sendable {
    /// Encoder input.
    package var source: [Int32]
    /// Decoder labels, the end-of-sequence token included.
    package var target: [Int32]
}

/// Teacher forcing: maximises the log-probability of reference programs.
///
/// The loss is the mean cross-entropy per target token of a batch. As deterministic as a PPO update: the result depends
/// on the seed and the number of lanes, not on the number of threads.
package final class SupervisedTrainer {
    package let parameters: T5Parameters
    private let optimizer: AdamW
    private let lanes: GradientLanes
    private let section: SupervisedSection
    private let microbatchSize: Int
    private let optimization: AdamWConfiguration

    /// What one gradient step measured.
    package struct Report: Sendable {
        package var step: Int
        /// Mean cross-entropy per target token, nats.
        package var loss: Double
        package var learningRate: Double
        package var gradientNorm: Double
        package var tokens: Int
    }

    package init(parameters: T5Parameters, configuration: RunConfiguration) {
        self.parameters = parameters
        section = configuration.sft
        microbatchSize = max(1, section.batchSize / configuration.cluster.learnerLanes)
        lanes = GradientLanes(
            count: configuration.cluster.learnerLanes,
            configuration: parameters.configuration,
            recomputes: configuration.cluster.recomputeActivations
        )
        var optimization = AdamWConfiguration()
        optimization.learningRate = section.learningRate
        optimization.weightDecay = section.weightDecay
        optimization.schedule.warmupSteps = min(section.warmupSteps, max(0, section.steps - 1))
        optimization.schedule.decay = .linear
        // One more than is taken, so that the last step still moves.
        optimization.schedule.totalSteps = max(section.steps, 1) + 1
        self.optimization = optimization
        optimizer = makeOptimizer(parameters, gradients: lanes.gradients, configuration: optimization)
    }

    /// One gradient step.
    package func step(_ examples: [SupervisedExample], index: Int) throws(LearnerError) -> Report {
        let tokens = examples.reduce(0) { $0 + $1.target.count }
        let loss = Self.accumulate(
            examples,
            parameters: parameters,
            lanes: lanes,
            microbatchSize: microbatchSize,
            smoothing: section.labelSmoothing
        )
        guard loss.isFinite else { throw .nonFinite(step: index, detail: "warm start: loss \(loss)") }
        let rate = optimization.learningRate * optimization.schedule.factor(step: index)
        do {
            let report = try optimizer.step(learningRate: rate, maximumGradientNorm: 1)
            return Report(
                step: index,
                loss: loss,
                learningRate: rate,
                gradientNorm: report.gradientNorm,
                tokens: tokens
            )
        } catch {
            throw .nonFinite(step: index, detail: "warm start: \(error)")
        }
    }

    /// Leaves the gradient of the mean cross-entropy per target token in the sum of the lanes.
    ///
    /// - Returns: the mean cross-entropy, nats, of labels that are not smoothed.
    static func accumulate(
        _ examples: [SupervisedExample],
        parameters: T5Parameters,
        lanes: GradientLanes,
        microbatchSize size: Int,
        smoothing: Float
    ) -> Double {
        lanes.zeroGradients()
        let tokens = examples.reduce(0) { $0 + $1.target.count }
        let weight = -1 / Float(max(1, tokens))
        let chunks = stride(from: 0, to: examples.count, by: size).map {
            Array(examples[$0..<min($0 + size, examples.count)])
        }
        let losses = lanes.forEachMicrobatch(chunks.count) { lane, i in
            let scores = lane.scorer.forward(
                parameters: parameters,
                batch: Self.batch(chunks[i]),
                settings: Self.settings,
                keepForBackward: true
            )
            lane.scorer.backward(
                parameters: parameters,
                gradients: lane.gradients,
                logProbabilityGradients: scores.map { [Float](repeating: weight, count: $0.logProbabilities.count) },
                entropyGradients: nil,
                valueGradients: nil,
                labelSmoothing: smoothing
            )
            return scores.reduce(0) { $0 + $1.logProbabilities.reduce(0) { $0 + Double($1) } }
        }
        lanes.reduce()
        return -losses.reduce(0, +) / Double(max(1, tokens))
    }

    /// Mean cross-entropy per target token of `examples`, nats, without learning from them.
    package func loss(_ examples: [SupervisedExample]) -> Double {
        let size = microbatchSize
        let chunks = stride(from: 0, to: examples.count, by: size).map {
            Array(examples[$0..<min($0 + size, examples.count)])
        }
        // Nothing writes them until all lanes are done.
        let parameters = self.parameters
        let sums = lanes.forEachMicrobatch(chunks.count) { lane, i in
            lane.scorer.forward(
                parameters: parameters,
                batch: Self.batch(chunks[i]),
                settings: Self.settings,
                keepForBackward: false
            ).reduce(0) { $0 + $1.logProbabilities.reduce(0) { $0 + Double($1) } }
        }
        return -sums.reduce(0, +) / Double(max(1, examples.reduce(0) { $0 + $1.target.count }))
    }

    private static let settings = SamplingSettings(maximumLength: 1)

    private static func batch(_ examples: [SupervisedExample]) -> TeacherForcedBatch {
        TeacherForcedBatch(
            sources: examples.map(\.source),
            targets: examples.indices.map {
                TeacherForcedBatch.Target(sourceIndex: $0, tokens: examples[$0].target, supports: nil)
            }
        )
    }
}

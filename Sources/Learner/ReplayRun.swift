internal import Determinism
package import Foundation
internal import Transformer

/// PPO updates from recorded trajectories: the learner's half of a run, without workers.
///
/// From the start model of a run, with its configuration, the same rows give the same weights, bit for bit.
package final class ReplayRun {
    /// What one update did.
    package struct Update: Sendable, Encodable {
        package var step: Int
        package var trajectories: Int
        /// SHA-256 of the weights after the update.
        package var weights: String
        package var metrics: [String: Double]
    }

    private let model: PolicyModel
    private let learner: PPOLearner
    private let configuration: RunConfiguration
    private let supervised: SupervisedExamples

    /// A learner that starts from `model`, whose weights are changed in place.
    ///
    /// - Throws: when the run learns from reference programs too, and its data cannot be read.
    package init(model: PolicyModel, configuration: RunConfiguration) throws {
        self.model = model
        self.configuration = configuration
        // Only supervised steps need the problems.
        var data = configuration
        if configuration.sft.mixEvery == 0 { data.data = DataSection() }
        supervised = try SupervisedExamples(
            configuration: data,
            source: ProblemSource(configuration: data),
            tokenizer: model.tokenizer
        )
        learner = PPOLearner(parameters: model.parameters, configuration: configuration)
    }

    /// SHA-256 of the weights as they are.
    package var weights: String { model.parameters.digest().hex }

    /// Learns from the batch of iteration `step`.
    ///
    /// - Throws: ```LearnerError/nonFinite(step:slots:detail:)```.
    package func update(step: Int, trajectories: [Trajectory]) async throws(LearnerError) -> Update {
        // SAFETY: the learner is idle until the thread is done with it.
        nonisolated(unsafe) let learner = self.learner
        let examples = supervised.examples(between: step, configuration)
        let batch = trajectories.sorted { $0.slot < $1.slot }
        let metrics = try await onOwnThread { () throws(LearnerError) in
            var metrics = try unsafe learner.update(trajectories: batch, step: step)
            if !examples.isEmpty { metrics["sft/loss"] = try unsafe learner.supervise(examples, step: step) }
            return metrics.merging(rolloutMetrics(batch)) { $1 }
        }
        return Update(step: step, trajectories: batch.count, weights: weights, metrics: metrics)
    }

    /// Writes the model directory.
    package func save(to folder: URL) throws { try model.save(to: folder) }
}

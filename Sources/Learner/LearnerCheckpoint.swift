internal import Checkpoints
internal import Determinism
internal import Foundation
internal import Optimizers
internal import Tensors
internal import Tokenization
internal import Transformer

/// Everything beside tensors that affects the next iteration.
struct CheckpointState: Codable {
    /// Iterations done.
    var step: Int
    var seed: UInt64
    var learner: PPOLearner.State
    var optimizerSteps: [String: Int]
    /// SHA-256 of the weights after `step` iterations.
    var weights: String
    /// SHA-256 of the separate critic's weights, and the steps of its optimiser; nil when there is none.
    var critic: String?
    var criticSteps: [String: Int]?
    /// SHA-256 of the frozen reference policy.
    var reference: String
    /// Older versions that iterations not yet sampled still need, by iteration.
    var olderVersions: [Int: String]
    /// Evaluations so far, by iteration.
    var evaluations: [Int: EvaluationReport]
}

/// Writes and reads checkpoints.
///
/// A checkpoint folder is also a model directory that `transformers` loads.
enum LearnerCheckpoint {
    /// Writes every file of a checkpoint into `folder`.
    static func write(
        to folder: URL,
        model: PolicyModel,
        learner: PPOLearner,
        state: CheckpointState,
        older: [Int: T5Parameters]
    ) throws {
        try model.save(to: folder)
        try write(learner.optimizer, to: folder.appending(path: optimizerFile))
        if let critic = learner.critic {
            try write(critic.optimizer, to: folder.appending(path: criticOptimizerFile))
            try write(critic.parameters, to: folder.appending(path: criticFile))
        }
        for (step, parameters) in older {
            try write(parameters, to: folder.appending(path: olderFile(step)))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(state).write(to: folder.appending(path: stateFile))
    }

    private static func write(_ optimizer: AdamW, to file: URL) throws {
        try unsafe writeSafetensors(
            [
                ("first_moments", [optimizer.firstMoments.count], optimizer.firstMoments.contents),
                ("second_moments", [optimizer.secondMoments.count], optimizer.secondMoments.contents),
            ],
            metadata: [:],
            to: file
        )
    }

    private static func write(_ parameters: T5Parameters, to file: URL) throws {
        try unsafe writeSafetensors(
            [("parameters", [parameters.buffer.count], parameters.buffer.contents)],
            metadata: [:],
            to: file
        )
    }

    /// What a checkpoint held.
    struct Contents {
        var model: PolicyModel
        var state: CheckpointState
        var older: [Int: T5Parameters]
        /// The separate critic.
        var critic: T5Parameters?
    }

    static func read(from folder: URL) throws -> Contents {
        let state = try JSONDecoder().decode(
            CheckpointState.self,
            from: Data(contentsOf: folder.appending(path: stateFile))
        )
        let model = try PolicyModel.load(from: folder.path)
        try require(model.parameters, is: state.weights, file: folder.appending(path: "model.safetensors"))
        var older: [Int: T5Parameters] = [:]
        for (step, digest) in state.olderVersions {
            older[step] = try parameters(digest, like: model, in: folder.appending(path: olderFile(step)))
        }
        let critic = try state.critic.map { try parameters($0, like: model, in: folder.appending(path: criticFile)) }
        return Contents(model: model, state: state, older: older, critic: critic)
    }

    private static func parameters(_ digest: String, like model: PolicyModel, in file: URL) throws -> T5Parameters {
        let parameters = T5Parameters(configuration: model.parameters.configuration)
        try fill(parameters.buffer, from: SafetensorsFile(contentsOf: file), name: "parameters", file: file)
        try require(parameters, is: digest, file: file)
        return parameters
    }

    /// Fills the moments of a learner's optimisers from the checkpoint in `folder`.
    static func restore(_ learner: PPOLearner, from folder: URL, state: CheckpointState) throws {
        try restore(learner.optimizer, from: folder.appending(path: optimizerFile), steps: state.optimizerSteps)
        guard let critic = learner.critic else { return }
        guard let steps = state.criticSteps else {
            throw LearnerError.resume(
                path: folder.path,
                reason: "has no separate critic; critic.separate cannot be changed"
            )
        }
        try restore(critic.optimizer, from: folder.appending(path: criticOptimizerFile), steps: steps)
    }

    private static func restore(_ optimizer: AdamW, from file: URL, steps: [String: Int]) throws {
        let tensors = try SafetensorsFile(contentsOf: file)
        try fill(optimizer.firstMoments, from: tensors, name: "first_moments", file: file)
        try fill(optimizer.secondMoments, from: tensors, name: "second_moments", file: file)
        try optimizer.restore(steps: steps)
    }

    private static func fill(_ buffer: FloatBuffer, from tensors: SafetensorsFile, name: String, file: URL) throws {
        let values = try tensors.floats(of: name)
        guard values.count == buffer.count else {
            throw LearnerError.resume(
                path: file.path,
                reason: "\(name) has \(values.count) numbers, expected \(buffer.count)"
            )
        }
        for i in 0..<buffer.count { unsafe buffer.base[i] = values[i] }
    }

    private static func require(_ parameters: T5Parameters, is digest: String, file: URL) throws {
        guard parameters.digest().hex == digest else {
            throw LearnerError.resume(
                path: file.path,
                reason: "does not hold the weights \(digest.prefix(12)) it should"
            )
        }
    }

    private static let optimizerFile = "optimizer.safetensors"
    private static let criticOptimizerFile = "critic-optimizer.safetensors"
    private static let criticFile = "critic.safetensors"
    private static let stateFile = "state.json"
    private static func olderFile(_ step: Int) -> String { "policy-\(step).safetensors" }
}

extension FloatBuffer {
    /// The whole buffer; valid while it lives.
    var contents: UnsafeBufferPointer<Float> { unsafe UnsafeBufferPointer(start: base, count: count) }
}

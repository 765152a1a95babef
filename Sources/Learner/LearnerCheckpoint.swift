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
        optimizer: AdamW,
        state: CheckpointState,
        older: [Int: T5Parameters]
    ) throws {
        try model.save(to: folder)
        try unsafe writeSafetensors(
            [
                ("first_moments", [optimizer.firstMoments.count], optimizer.firstMoments.contents),
                ("second_moments", [optimizer.secondMoments.count], optimizer.secondMoments.contents),
            ],
            metadata: [:],
            to: folder.appending(path: optimizerFile)
        )
        for (step, parameters) in older {
            try unsafe writeSafetensors(
                [("parameters", [parameters.buffer.count], parameters.buffer.contents)],
                metadata: [:],
                to: folder.appending(path: olderFile(step))
            )
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(state).write(to: folder.appending(path: stateFile))
    }

    /// What a checkpoint held.
    struct Contents {
        var model: PolicyModel
        var state: CheckpointState
        var older: [Int: T5Parameters]
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
            let file = folder.appending(path: olderFile(step))
            let parameters = T5Parameters(configuration: model.parameters.configuration)
            try fill(parameters.buffer, from: SafetensorsFile(contentsOf: file), name: "parameters", file: file)
            try require(parameters, is: digest, file: file)
            older[step] = parameters
        }
        return Contents(model: model, state: state, older: older)
    }

    /// Fills the moments of `optimizer` from the checkpoint in `folder`.
    static func restore(_ optimizer: AdamW, from folder: URL, state: CheckpointState) throws {
        let file = folder.appending(path: optimizerFile)
        let tensors = try SafetensorsFile(contentsOf: file)
        try fill(optimizer.firstMoments, from: tensors, name: "first_moments", file: file)
        try fill(optimizer.secondMoments, from: tensors, name: "second_moments", file: file)
        try optimizer.restore(steps: state.optimizerSteps)
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
    private static let stateFile = "state.json"
    private static func olderFile(_ step: Int) -> String { "policy-\(step).safetensors" }
}

extension FloatBuffer {
    /// The whole buffer; valid while it lives.
    var contents: UnsafeBufferPointer<Float> { unsafe UnsafeBufferPointer(start: base, count: count) }
}

import Checkpoints
import Foundation
import Tensors
import Transformer

/// One file of Tests/Fixtures/transformer: a random model, a batch, and what PyTorch computes from them.
struct FixtureFile: Sendable {
    /// The names of all models, as Tools/reference/generate_transformer_fixtures.py makes them.
    static let names = [
        "tied", "untied", "wide_heads", "uneven_layers", "long_sequences", "top_k", "minimum_length",
    ]

    let file: SafetensorsFile
    let configuration: T5Configuration
    let settings: SamplingSettings
    let batch: TeacherForcedBatch

    static func url(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/transformer/\(name).safetensors")
    }

    init(_ name: String) throws {
        file = try SafetensorsFile(contentsOf: Self.url(name))
        let shape = try file.int64s(of: "configuration").map(Int.init)
        configuration = T5Configuration(
            dModel: shape[0],
            dKV: shape[1],
            dFF: shape[2],
            numEncoderLayers: shape[3],
            numDecoderLayers: shape[4],
            numHeads: shape[5],
            vocabularySize: shape[6],
            tieWordEmbeddings: shape[7] == 1,
            padTokenID: 0,
            eosTokenID: 2,
            decoderStartTokenID: 0
        )
        let numbers = try file.floats(of: "settings")
        settings = SamplingSettings(
            temperature: numbers[0],
            topK: Int(numbers[1]),
            minimumLength: Int(numbers[2]),
            maximumLength: 512
        )
        let sources = try Self.ragged(file, "source")
        let targets = try Self.ragged(file, "target")
        let sourceOf = try file.int64s(of: "target_sources").map(Int.init)
        var supports: [[Int32]] = []
        if settings.topK > 0 {
            let ids = try file.int64s(of: "supports").map(Int32.init)
            let size = settings.topK
            supports = stride(from: 0, to: ids.count, by: size).map { Array(ids[$0..<$0 + size]) }
        }
        var row = 0
        batch = TeacherForcedBatch(
            sources: sources,
            targets: zip(targets, sourceOf).map { tokens, source in
                defer { row += tokens.count }
                return TeacherForcedBatch.Target(
                    sourceIndex: source,
                    tokens: tokens,
                    supports: supports.isEmpty ? nil : Array(supports[row..<row + tokens.count])
                )
            }
        )
    }

    private static func ragged(_ file: SafetensorsFile, _ kind: String) throws -> [[Int32]] {
        let tokens = try file.int64s(of: "\(kind)_tokens").map(Int32.init)
        var start = 0
        return try file.int64s(of: "\(kind)_lengths").map { length in
            defer { start += Int(length) }
            return Array(tokens[start..<start + Int(length)])
        }
    }

    /// The model's weights, or with `kind` "gradient" PyTorch's gradients.
    func parameters(_ kind: String = "parameter") throws -> T5Parameters {
        let result = T5Parameters(configuration: configuration)
        for entry in result.entries {
            unsafe try file.copyFloats(
                of: "\(kind).\(entry.name)",
                into: UnsafeMutableBufferPointer(start: result.pointer(entry.offset), count: entry.count)
            )
        }
        return result
    }

    /// Scores and differentiates the fixture's loss: mean cross-entropy + ½·mean (V − R)² − 0.01·mean entropy.
    ///
    /// - Parameters:
    ///   - parameters: Weights of the fixture's configuration.
    ///   - microBatches: The targets of each forward and backward; nil is all at once.
    ///   - scorer: One used before, or nil for a new one.
    /// - Returns: The loss and dL/dparameters.
    /// - Throws: `CheckpointError` when the file lacks a tensor.
    func lossAndGradient(
        _ parameters: T5Parameters,
        microBatches: [[Int]]? = nil,
        scorer: T5Scorer? = nil
    ) throws -> (loss: Double, gradients: T5Parameters) {
        let scorer = scorer ?? T5Scorer(configuration: configuration)
        let gradients = T5Parameters(configuration: configuration)
        let returns = try file.floats(of: "returns")
        let starts = batch.targets.indices.map { batch.targets[..<$0].reduce(0) { $0 + $1.tokens.count } }
        let n = Float(returns.count)
        var loss = 0.0
        for members in microBatches ?? [Array(batch.targets.indices)] {
            let part = TeacherForcedBatch(sources: batch.sources, targets: members.map { batch.targets[$0] })
            let scores = scorer.forward(parameters: parameters, batch: part, settings: settings, keepForBackward: true)
            var valueGradients: [[Float]] = []
            for (member, score) in zip(members, scores) {
                let expected = returns[starts[member]...].prefix(score.values.count)
                valueGradients.append(zip(score.values, expected).map { ($0 - $1) / n })
                let squares = zip(score.values, expected).map { Double($0 - $1) * Double($0 - $1) }
                loss += squares.reduce(0, +) * 0.5 / Double(n)
                loss -= score.logProbabilities.reduce(0.0) { $0 + Double($1) } / Double(n)
                loss -= score.entropies.reduce(0.0) { $0 + Double($1) } * 0.01 / Double(n)
            }
            scorer.backward(
                parameters: parameters,
                gradients: gradients,
                logProbabilityGradients: scores.map { $0.logProbabilities.map { _ in -1 / n } },
                entropyGradients: scores.map { $0.entropies.map { _ in -0.01 / n } },
                valueGradients: valueGradients
            )
        }
        return (loss, gradients)
    }
}

/// ‖a − b‖ ÷ ‖b‖ over one tensor of two sets of parameters; the plain norm when b is all zero.
func relativeDifference(_ a: T5Parameters, _ b: T5Parameters, _ entry: T5Parameters.Entry) -> Double {
    var difference = 0.0
    var norm = 0.0
    for i in entry.offset..<entry.offset + entry.count {
        let (x, y) = unsafe (Double(a.buffer.base[i]), Double(b.buffer.base[i]))
        difference += (x - y) * (x - y)
        norm += y * y
    }
    return norm == 0 ? difference.squareRoot() : (difference / norm).squareRoot()
}

/// The largest absolute difference of two lists of equal length; infinite when a number is not finite.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
}

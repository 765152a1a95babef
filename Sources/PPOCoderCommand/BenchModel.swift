import ArgumentParser
import Datasets
import Determinism
import Foundation
import Learner
import Programs
import Tensors
import Tokenization
import Transformer

/// Which model a benchmark runs, and on what.
struct BenchModelOptions: ParsableArguments {
    @Option(help: "Shape of the model, with random weights: \(BenchShape.names).")
    var shape = BenchShape.builtin

    @Option(help: ArgumentHelp("Model directory to take shape and weights from instead.", valueName: "folder"))
    var model: String?

    @Option(
        help: ArgumentHelp(
            """
            File of token ids {"sources": [[…]], "targets": [[…]]} to take prompts, and for update completions, from.
            """,
            valueName: "file"
        )
    )
    var batchFile: String?

    @Option(help: "Prompts.")
    var prompts = 16

    @Option(help: "Completions per prompt.")
    var samples = 8

    @Option(help: "Tokens of a prompt, drawn at random; 0: prompts of built-in problems.")
    var sourceLength = 0

    @Option(help: "Longest completion, tokens; random weights rarely end earlier.")
    var maxTargetLength = 96

    @Flag(help: "Every completion has the longest length.")
    var fixedLength = false

    @Option(help: "Only the most likely so many tokens can be sampled; 0 is no limit.")
    var topK = 0

    @Option(help: "Completions sampled at once on one thread.")
    var batch = GenerateLane.batch

    @Option(help: "Measured repetitions, after one that is not measured; the median is shown.")
    var repeats = 3

    @Option(help: "Threads; 0 is one per core.")
    var threads = 0

    @Flag(help: "Print the figures as one JSON object on stdout.")
    var json = false

    func validate() throws {
        for (name, value, least) in [
            ("prompts", prompts, 1), ("samples", samples, 1), ("max-target-length", maxTargetLength, 1),
            ("batch", batch, 1), ("repeats", repeats, 1), ("source-length", sourceLength, 0), ("top-k", topK, 0),
        ] {
            guard value >= least else { throw ValidationError("--\(name) is \(value), expected \(least) or more") }
        }
        guard threads >= 0 else { throw ValidationError("--threads is \(threads), expected 0 (one per core) or more") }
    }

    var modelName: String { model.map { URL(filePath: $0).lastPathComponent } ?? shape.rawValue }

    var settings: SamplingSettings {
        SamplingSettings(
            topK: topK,
            minimumLength: fixedLength ? maxTargetLength - 1 : 0,
            maximumLength: maxTargetLength
        )
    }
}

/// Shapes of models by name.
enum BenchShape: String, ExpressibleByArgument, CaseIterable {
    case builtin = "default"
    case tiny
    case mini
    case small = "codet5-small"
    case base = "codet5-base"
    case large = "codet5-large"

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// nil for the default model, whose vocabulary is learnt.
    var configuration: T5Configuration? {
        switch self {
        case .builtin: nil
        case .tiny: Self.shape(128, width: 32, 512, layers: 2, heads: 4, vocabulary: 512)
        case .mini: Self.shape(256, width: 32, 1024, layers: 4, heads: 8, vocabulary: 4096)
        case .small: Self.shape(512, width: 64, 2048, layers: 6, heads: 8, vocabulary: 32_100)
        case .base: Self.shape(768, width: 64, 3072, layers: 12, heads: 12, vocabulary: 32_100)
        case .large: Self.shape(1024, width: 64, 4096, layers: 24, heads: 16, vocabulary: 32_100)
        }
    }

    private static func shape(
        _ dModel: Int,
        width: Int,
        _ dFF: Int,
        layers: Int,
        heads: Int,
        vocabulary: Int
    ) -> T5Configuration {
        T5Configuration(
            dModel: dModel,
            dKV: width,
            dFF: dFF,
            numEncoderLayers: layers,
            numDecoderLayers: layers,
            numHeads: heads,
            vocabularySize: vocabulary
        )
    }
}

/// A model, and prompts for it.
struct BenchModel {
    /// Prompts and completions by token id.
    private struct Batch: Decodable {
        var sources: [[Int32]]
        var targets: [[Int32]]?
    }

    let parameters: T5Parameters
    let sources: [[Int32]]
    /// Completions to learn from instead of sampled ones, in the order of prompts and samples.
    let targets: [[Int32]]?
    let samples: Int

    init(_ options: BenchModelOptions) throws {
        var builtin: [[Int32]] = []
        if let folder = options.model {
            parameters = try T5ModelDirectory.load(from: URL(filePath: folder))
        } else if let shape = options.shape.configuration {
            parameters = Self.randomWeights(shape)
        } else {
            let fresh = try PolicyModel.fresh(.builtinRun, source: ProblemSource(configuration: .builtinRun))
            parameters = fresh.parameters
            if options.sourceLength == 0 {
                builtin = BuiltinProblems(seed: 1).problems(.train, count: options.prompts)
                    .map { fresh.tokenizer.encodeSource($0.prompt, maximumLength: 96) }
            }
        }
        let vocabulary = parameters.configuration.vocabularySize
        if let file = options.batchFile {
            let batch = try Self.read(file, vocabulary: vocabulary)
            sources = batch.sources
            targets = batch.targets
            samples = (batch.targets?.count).map { $0 / batch.sources.count } ?? options.samples
        } else {
            let length = options.sourceLength > 0 ? options.sourceLength : 64
            var generator = RandomKey(seed: 1, path: 1).generator()
            sources =
                !builtin.isEmpty
                ? builtin
                : (0..<options.prompts).map { _ in
                    (0..<length).map { _ in Int32(generator.integer(in: 3...vocabulary - 1)) }
                }
            targets = nil
            samples = options.samples
        }
    }

    private static func read(_ file: String, vocabulary: Int) throws -> Batch {
        let batch: Batch
        do {
            batch = try JSONDecoder().decode(Batch.self, from: Data(contentsOf: URL(filePath: file)))
        } catch {
            throw DatasetError.unreadable(file: file, reason: "is no JSON object with \"sources\": \(error)")
        }
        let rows = batch.sources + (batch.targets ?? [])
        guard !batch.sources.isEmpty,
            rows.allSatisfy({ row in
                !row.isEmpty && row.allSatisfy { (0..<Int32(vocabulary)).contains($0) }
            }), (batch.targets?.count ?? 0) % batch.sources.count == 0
        else {
            throw DatasetError.unreadable(
                file: file,
                reason: "expected rows of ids below \(vocabulary), and equally many targets for every source"
            )
        }
        return batch
    }

    /// Weights of T5's initial deviations from a cheap sequence: normal numbers take a minute for a large model.
    private static func randomWeights(_ configuration: T5Configuration) -> T5Parameters {
        let parameters = T5Parameters(configuration: configuration)
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for entry in parameters.entries where !entry.name.hasPrefix("value_head") {
            let values = unsafe UnsafeMutableBufferPointer(start: parameters.pointer(entry.offset), count: entry.count)
            if entry.name.hasSuffix("layer_norm.weight") {
                unsafe values.update(repeating: 1)
                continue
            }
            // Uniform numbers of deviation 1 lie between ±√3.
            let scale = Float(T5Parameters.standardDeviation(of: entry, configuration) * 12.0.squareRoot() * 0x1p-24)
            for i in 0..<entry.count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                unsafe values[i] = Float(Int32(truncatingIfNeeded: state >> 40) - (1 << 23)) * scale
            }
        }
        return parameters
    }

    /// One request per prompt and sample.
    var requests: [GenerationRequest] {
        sources.enumerated().flatMap { row, source in
            (0..<samples).map { sample in
                GenerationRequest(source: source, key: RandomKey(seed: 1, path: UInt64(row), UInt64(sample)))
            }
        }
    }
}

/// Samples requests in pieces of one batch, on several threads.
struct BenchGenerator {
    let weights: GenerationWeights
    let lanes: [GenerateLane]

    init(weights: GenerationWeights, lanes: [GenerateLane]) {
        self.weights = weights
        self.lanes = lanes
    }

    init(_ parameters: T5Parameters, threads: Int) {
        weights = GenerationWeights(parameters)
        lanes = (0..<threadCount(threads)).map { _ in GenerateLane(configuration: parameters.configuration) }
    }

    /// One completion per request, in their order.
    func generate(_ requests: [GenerationRequest], batch: Int, settings: SamplingSettings) async -> [GeneratedSequence]
    {
        let pieces = stride(from: 0, to: requests.count, by: batch).map {
            Array(requests[$0..<min($0 + batch, requests.count)])
        }
        return await withTaskGroup(of: (Int, [GeneratedSequence]).self) { group in
            for (index, piece) in pieces.enumerated() {
                group.addTask {
                    (
                        index,
                        await lanes[index % lanes.count].generate(
                            piece,
                            weights: weights,
                            settings: settings,
                            batch: batch
                        )
                    )
                }
            }
            var results = [[GeneratedSequence]](repeating: [], count: pieces.count)
            for await (index, sequences) in group { results[index] = sequences }
            return Array(results.joined())
        }
    }
}

import ArgumentParser
import Dispatch
import Foundation
import Learner
import Tokenization
import Transformer

/// How a command samples.
struct GenerateOptions: ParsableArguments {
    @Option(help: "Softmax temperature, above 0.")
    var temperature: Float = 1

    @Option(help: "Only the most likely so many tokens can be sampled; 0 is no limit.")
    var topK = 0

    @Option(help: "Only the most likely tokens that together reach this probability can be sampled; 1 is no limit.")
    var topP: Float = 1

    @Flag(help: "Take the most likely token each time.")
    var greedy = false

    @Option(help: "Shortest completion, tokens.")
    var minTargetLength = 0

    @Option(help: "Longest completion, tokens, the end-of-sequence token included.")
    var maxTargetLength = 96

    @Option(help: "Longest prompt, tokens; a longer one loses its end.")
    var maxSourceLength = 400

    @Option(help: "Seed of the random numbers; a completion depends on it, the row and the sample only.")
    var seed: UInt64 = 1

    @Option(help: "Threads; 0 is one per core. The result does not depend on it.")
    var threads = 0

    /// The settings of the sampler.
    var settings: SamplingSettings {
        SamplingSettings(
            temperature: temperature,
            topK: greedy ? 0 : topK,
            topP: greedy ? 1 : topP,
            greedy: greedy,
            minimumLength: minTargetLength,
            maximumLength: maxTargetLength
        )
    }

    func validate() throws {
        guard temperature > 0, temperature.isFinite else {
            throw ValidationError("--temperature is \(temperature), expected a number above 0")
        }
        guard topK >= 0 else { throw ValidationError("--top-k is \(topK), expected 0 (no limit) or more") }
        guard topP > 0, topP <= 1 else {
            throw ValidationError("--top-p is \(topP), expected more than 0 and at most 1")
        }
        guard maxTargetLength >= 1 else {
            throw ValidationError("--max-target-length is \(maxTargetLength), expected 1 or more")
        }
        guard (0..<maxTargetLength).contains(minTargetLength) else {
            throw ValidationError("--min-target-length is \(minTargetLength), expected 0 to \(maxTargetLength - 1)")
        }
        guard maxSourceLength >= 2 else {
            throw ValidationError("--max-source-length is \(maxSourceLength), expected 2 or more")
        }
        guard threads >= 0 else { throw ValidationError("--threads is \(threads), expected 0 (one per core) or more") }
    }
}

/// The number of threads that `wanted` asks for; 0 is one per core.
func threadCount(_ wanted: Int) -> Int {
    wanted > 0 ? wanted : max(1, ProcessInfo.processInfo.activeProcessorCount)
}

/// A thread that samples completions, with a generator of its own.
final class GenerateLane: Sendable {
    /// Completions sampled at once, which bounds the memory of keys and values.
    static let batch = 32

    private let queue = DispatchQueue(label: "generate")
    // SAFETY: only blocks of the serial queue touch it.
    nonisolated(unsafe) private let generator: T5Generator

    init(configuration: T5Configuration) { unsafe generator = T5Generator(configuration: configuration) }

    /// Samples one completion per request, in their order, `batch` at a time.
    func generate(
        _ requests: [GenerationRequest],
        weights: GenerationWeights,
        settings: SamplingSettings,
        batch: Int = GenerateLane.batch
    ) async -> [GeneratedSequence] {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                var sequences: [GeneratedSequence] = []
                for start in stride(from: 0, to: requests.count, by: batch) {
                    let part = Array(requests[start..<min(start + batch, requests.count)])
                    sequences += unsafe generator.generate(weights: weights, requests: part, settings: settings) ?? []
                }
                continuation.resume(returning: sequences)
            }
        }
    }
}

/// A model on several threads.
///
/// Work goes to threads by its number, and no result depends on that.
struct GeneratePool: Sendable {
    let model: PolicyModel
    let lanes: [GenerateLane]
    let weights: GenerationWeights

    init(model: PolicyModel, threads: Int) {
        self.model = model
        weights = GenerationWeights(model.parameters)
        let configuration = model.parameters.configuration
        lanes = (0..<threadCount(threads)).map { _ in GenerateLane(configuration: configuration) }
    }

    /// Samples one completion per request, in their order.
    ///
    /// The thread is chosen by `index`, the number of this piece of work.
    func generate(
        _ requests: [GenerationRequest],
        index: Int,
        settings: SamplingSettings
    ) async -> [GeneratedSequence] {
        await lanes[index % lanes.count].generate(requests, weights: weights, settings: settings)
    }

    /// The text of a completion, without its end token.
    func text(of sequence: GeneratedSequence) -> String {
        model.tokenizer.decode(sequence.finished ? Array(sequence.tokens.dropLast()) : sequence.tokens)
    }
}

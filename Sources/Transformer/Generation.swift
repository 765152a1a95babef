package import Determinism
import Tensors

/// One completion to be sampled.
package struct GenerationRequest: Sendable {
    /// Token ids of the encoder's input, at least one.
    ///
    /// Neighbouring requests with equal sources share the encoder.
    package let source: [Int32]
    /// The token at position p is drawn with `key.uniform(counter: p)`.
    package let key: RandomKey

    /// A completion of `source`, drawn with `key`.
    package init(source: [Int32], key: RandomKey) {
        self.source = source
        self.key = key
    }
}

/// A sampled completion with what the policy thought of it.
package struct GeneratedSequence: Sendable, Equatable {
    /// Token ids; the last one is the end token when `finished`.
    package var tokens: [Int32] = []
    /// log π(token) under the distribution that was sampled from, one per token.
    package var logProbabilities: [Float] = []
    /// V(state before the token), one per token.
    package var values: [Float] = []
    /// Entropy of the distribution that was sampled from, one per token.
    package var entropies: [Float] = []
    /// Whether the end token was drawn before the maximum length cut the completion.
    package var finished = false
    /// The token ids that top-k and top-p left at each position, ascending and empty where nothing was cut; nil when
    /// the settings cut nothing.
    package var supports: [[Int32]]?

    /// A completion, empty unless told otherwise.
    package init(
        tokens: [Int32] = [],
        logProbabilities: [Float] = [],
        values: [Float] = [],
        entropies: [Float] = [],
        finished: Bool = false,
        supports: [[Int32]]? = nil
    ) {
        self.tokens = tokens
        self.logProbabilities = logProbabilities
        self.values = values
        self.entropies = entropies
        self.finished = finished
        self.supports = supports
    }
}

/// Samples completions in batches, on the calling thread, with cached keys and values.
///
/// One generator belongs to one thread: it owns the workspace, which is kept from batch to batch. A completion depends
/// on the weights, its request and the settings only, not on its neighbours in the batch.
package final class T5Generator {
    private var pass: GenerationPass
    private var configuration: T5Configuration { pass.configuration }

    /// A generator for models of this shape.
    package init(configuration: T5Configuration) { pass = GenerationPass(configuration: configuration) }

    /// Packs `parameters` and samples one completion per request.
    package func generate(
        parameters: T5Parameters,
        requests: [GenerationRequest],
        settings: SamplingSettings,
        shouldStop: () -> Bool = { false }
    ) -> [GeneratedSequence]? {
        generate(
            weights: GenerationWeights(parameters),
            requests: requests,
            settings: settings,
            shouldStop: shouldStop
        )
    }

    /// Samples one completion per request, in their order.
    ///
    /// - Parameters:
    ///   - weights: Of the shape this generator was made for.
    ///   - requests: Sources and keys; those with equal sources should be neighbours.
    ///   - settings: Already validated.
    ///   - shouldStop: Asked before every position.
    /// - Returns: nil when `shouldStop` said so.
    package func generate(
        weights: GenerationWeights,
        requests: [GenerationRequest],
        settings: SamplingSettings,
        shouldStop: () -> Bool = { false }
    ) -> [GeneratedSequence]? {
        precondition(settings.maximumLength > 0 && settings.temperature > 0, "settings were not validated")
        var results = [GeneratedSequence](repeating: GeneratedSequence(), count: requests.count)
        guard !requests.isEmpty, !shouldStop() else { return requests.isEmpty ? results : nil }
        for i in results.indices { results[i].reserve(settings) }

        var active = begin(requests, weights: weights, maximumLength: settings.maximumLength)
        var values: [Float] = []
        for position in 0..<settings.maximumLength {
            if shouldStop() { return nil }
            let logits = unsafe pass.step(active, position: position, weights: weights, values: &values)
            var kept = 0
            for row in active.indices {
                let request = active[row].request
                let drawn = unsafe sampleToken(
                    logits: UnsafeBufferPointer(
                        start: logits + row * configuration.vocabularySize,
                        count: configuration.vocabularySize
                    ),
                    position: position,
                    settings: settings,
                    endToken: configuration.eosTokenID,
                    uniform: settings.greedy ? 0 : requests[request].key.uniform(counter: UInt64(position))
                )
                results[request].append(drawn, value: values[row])
                if drawn.token == configuration.eosTokenID {
                    results[request].finished = true
                    continue
                }
                active[kept] = active[row]
                active[kept].token = drawn.token
                kept += 1
            }
            active.removeLast(active.count - kept)
            if active.isEmpty { break }
        }
        return results
    }

    /// Encodes the distinct neighbouring sources.
    private func begin(
        _ requests: [GenerationRequest],
        weights: GenerationWeights,
        maximumLength: Int
    ) -> [ActiveSequence] {
        var sources: [[Int32]] = []
        let active = requests.enumerated().map { index, request in
            if sources.last != request.source { sources.append(request.source) }
            return ActiveSequence(
                request: index,
                source: sources.count - 1,
                token: configuration.decoderStartTokenID
            )
        }
        pass.begin(sources, sequences: requests.count, maximumLength: maximumLength, weights: weights)
        return active
    }
}

extension GeneratedSequence {
    /// Makes room for the longest completion, up to a page or so.
    fileprivate mutating func reserve(_ settings: SamplingSettings) {
        let count = min(settings.maximumLength, 1024)
        tokens.reserveCapacity(count)
        logProbabilities.reserveCapacity(count)
        values.reserveCapacity(count)
        entropies.reserveCapacity(count)
        if settings.truncates { supports = [] }
    }

    fileprivate mutating func append(_ drawn: SampledToken, value: Float) {
        tokens.append(drawn.token)
        logProbabilities.append(drawn.logProbability)
        values.append(value)
        entropies.append(drawn.entropy)
        if supports != nil { supports?.append(drawn.support ?? []) }
    }
}

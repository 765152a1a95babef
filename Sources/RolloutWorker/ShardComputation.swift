internal import Determinism
internal import Dispatch
internal import Foundation
internal import Protocol
internal import Synchronization
internal import Telemetry
internal import Tokenization
internal import Transformer
internal import Transport

/// A completion before it is judged.
struct Draft: Sendable {
    var slot: WireRolloutLease.Slot
    var sequence: GeneratedSequence
    /// log π_ref of each token, shape `[T]`.
    var referenceLogProbabilities: [Float]
    var text: String
    /// The bytes of each token, shape `[T]`; none for special tokens.
    var tokenBytes: [[UInt8]]
}

/// The pure part of a rollout: weights, problems, keys in; completions out.
///
/// A shard is always computed as the same batch on one thread, so its result is the same on every worker.
final class ShardComputation: Sendable {
    /// The generator and the scorer, which belong to the queue's current block.
    private final class Workspace {
        let generator: T5Generator
        let scorer: T5Scorer
        /// The weights last sampled with, rearranged for sampling.
        var packed: (parameters: T5Parameters, weights: GenerationWeights)?

        init(configuration: T5Configuration) {
            generator = T5Generator(configuration: configuration)
            scorer = T5Scorer(configuration: configuration)
        }
    }

    private let queue = DispatchQueue(label: "generation")
    // SAFETY: only blocks of the serial queue touch it.
    nonisolated(unsafe) private let workspace: Workspace
    private let tokenizer: Tokenizer
    private let endToken: Int32
    private let stopped = Atomic<Bool>(false)

    init(configuration: T5Configuration, tokenizer: Tokenizer) {
        unsafe workspace = Workspace(configuration: configuration)
        self.tokenizer = tokenizer
        endToken = configuration.eosTokenID
    }

    /// Makes the current and all later shards end early, without a result.
    func stop() { stopped.store(true, ordering: .releasing) }

    /// Samples every slot of `lease` and scores the completions under the reference policy.
    ///
    /// - Returns: the drafts, when sampling them began on the clock of this process, and the seconds they took, without the
    ///   wait for the shard before; nil when ``stop()`` was called.
    func drafts(
        for lease: WireRolloutLease,
        policy: T5Parameters,
        reference: T5Parameters?
    ) async -> (drafts: [Draft], start: Double, seconds: Double)? {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                let start = ProcessClock.now
                var clock = Stopwatch()
                let drafts = compute(lease, policy: policy, reference: reference)
                continuation.resume(returning: drafts.map { ($0, start, clock.lap()) })
            }
        }
    }

    private func compute(_ lease: WireRolloutLease, policy: T5Parameters, reference: T5Parameters?) -> [Draft]? {
        let settings = SamplingSettings(lease.sampling)
        let requests = lease.slots.map { slot in
            GenerationRequest(
                source: lease.sources[Int(slot.problem)].ids.map { Int32(bitPattern: $0) },
                key: RandomKey(high: slot.keyHigh, low: slot.keyLow)
            )
        }
        let sequences = unsafe workspace.generator.generate(
            weights: packed(policy),
            requests: requests,
            settings: settings,
            shouldStop: { self.stopped.load(ordering: .acquiring) }
        )
        guard let sequences else { return nil }
        let references = reference.map { score(sequences, of: requests, parameters: $0, settings: settings) }
        return lease.slots.indices.map { i in
            var ids = sequences[i].tokens
            if ids.last == endToken { ids.removeLast() }
            return Draft(
                slot: lease.slots[i],
                sequence: sequences[i],
                referenceLogProbabilities: references?[i] ?? sequences[i].logProbabilities,
                text: tokenizer.decode(ids),
                tokenBytes: sequences[i].tokens.map { tokenizer.decodeBytes([$0]) }
            )
        }
    }

    /// The weights rearranged for sampling: once per version, not once per shard.
    private func packed(_ policy: T5Parameters) -> GenerationWeights {
        if let packed = unsafe workspace.packed, packed.parameters === policy { return packed.weights }
        let weights = GenerationWeights(policy)
        unsafe workspace.packed = (policy, weights)
        return weights
    }

    private func score(
        _ sequences: [GeneratedSequence],
        of requests: [GenerationRequest],
        parameters: T5Parameters,
        settings: SamplingSettings
    ) -> [[Float]] {
        var result: [[Float]] = []
        for start in stride(from: 0, to: sequences.count, by: Self.scoringBatch) {
            var batch = TeacherForcedBatch(sources: [], targets: [])
            for i in start..<min(start + Self.scoringBatch, sequences.count) {
                if batch.sources.last != requests[i].source { batch.sources.append(requests[i].source) }
                batch.targets.append(
                    TeacherForcedBatch.Target(
                        sourceIndex: batch.sources.count - 1,
                        tokens: sequences[i].tokens,
                        supports: sequences[i].supports
                    )
                )
            }
            let scores = unsafe workspace.scorer.forward(
                parameters: parameters,
                batch: batch,
                settings: settings,
                keepForBackward: false
            )
            result += scores.map(\.logProbabilities)
        }
        return result
    }

    /// Completions scored at once, which bounds the memory of activations.
    private static let scoringBatch = 16
}

extension SamplingSettings {
    init(_ wire: WireSamplingSettings) {
        self.init(
            temperature: wire.temperature,
            topK: Int(wire.topK),
            topP: wire.topP,
            greedy: wire.greedy,
            minimumLength: Int(wire.minimumLength),
            maximumLength: Int(wire.maximumLength)
        )
    }
}

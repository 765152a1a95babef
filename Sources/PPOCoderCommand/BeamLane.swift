import Dispatch
import Transformer

/// A thread that searches completions, with a search of its own.
final class BeamLane: Sendable {
    private let queue = DispatchQueue(label: "beam search")
    // SAFETY: only blocks of the serial queue touch it.
    nonisolated(unsafe) private let beams: T5BeamSearch

    init(configuration: T5Configuration) { unsafe beams = T5BeamSearch(configuration: configuration) }

    /// The best completion of each source, in their order.
    func search(_ sources: [[Int32]], weights: GenerationWeights, settings: BeamSettings) async -> [GeneratedSequence] {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                continuation.resume(
                    returning: sources.map { unsafe beams.search(weights: weights, source: $0, settings: settings) }
                )
            }
        }
    }
}

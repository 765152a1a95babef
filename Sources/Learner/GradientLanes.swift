internal import Foundation
internal import Optimizers
internal import Tensors
internal import Transformer

/// Data parallelism whose result does not depend on the number of threads.
///
/// Micro-batch i belongs to lane i mod L. A lane adds up its micro-batches in order into a gradient buffer of its own, and
/// the lanes are added up in order at the end: the same additions in the same order, however many threads run the lanes.
final class GradientLanes {
    /// What one lane owns.
    final class Lane {
        let scorer: T5Scorer
        let gradients: T5Parameters

        init(configuration: T5Configuration, recomputes: Bool) {
            scorer = T5Scorer(configuration: configuration)
            scorer.recomputesActivations = recomputes
            gradients = T5Parameters(configuration: configuration)
        }
    }

    let lanes: [Lane]

    init(count: Int, configuration: T5Configuration, recomputes: Bool = false) {
        precondition(count > 0, "at least one lane")
        lanes = (0..<count).map { _ in Lane(configuration: configuration, recomputes: recomputes) }
    }

    /// The sum of all lanes' gradients, valid after ``reduce()``.
    var gradients: T5Parameters { lanes[0].gradients }

    func zeroGradients() {
        for lane in lanes { lane.gradients.buffer.zero() }
    }

    /// Calls `body(lane, i)` for every micro-batch i; the micro-batches of one lane in order, on one thread.
    func forEachMicrobatch<Result: Sendable>(
        _ count: Int,
        _ body: @Sendable (Lane, Int) -> Result
    ) -> [Result] {
        var results = [Result?](repeating: nil, count: count)
        unsafe results.withUnsafeMutableBufferPointer { buffer in
            // SAFETY: lane l is touched by iteration l alone, and writes the elements l, l + L, … alone.
            nonisolated(unsafe) let lanes = self.lanes
            nonisolated(unsafe) let slots = unsafe buffer
            unsafe DispatchQueue.concurrentPerform(iterations: lanes.count) { l in
                for i in unsafe stride(from: l, to: count, by: lanes.count) {
                    unsafe slots[i] = body(lanes[l], i)
                }
            }
        }
        return results.compactMap { $0 }
    }

    /// Scores trajectories under `parameters`, without keeping anything for a backward pass.
    ///
    /// - Parameters:
    ///   - trajectories: masked ones are left out.
    ///   - parameters: written by nobody until this returns.
    ///   - sampling: settings that the trajectories were sampled with.
    ///   - size: trajectories scored together.
    ///   - part: what is wanted of a score, one number per token.
    /// - Returns: `part` of every trajectory; empty for masked ones.
    func forward(
        _ trajectories: [Trajectory],
        _ parameters: T5Parameters,
        _ sampling: SamplingSettings,
        microbatch size: Int,
        _ part: @Sendable (ScoredTarget) -> [Float]
    ) -> [[Float]] {
        let members = trajectories.indices.filter { !trajectories[$0].masked }
        let chunks = PPOLearner.chunks(Array(members), size: size)
        let scores = forEachMicrobatch(chunks.count) { lane, index in
            lane.scorer.forward(
                parameters: parameters,
                batch: PPOLearner.batch(chunks[index].map { trajectories[$0] }),
                settings: sampling,
                keepForBackward: false
            ).map(part)
        }
        var result = [[Float]](repeating: [], count: trajectories.count)
        for (member, row) in zip(chunks.joined(), scores.joined()) { result[member] = row }
        return result
    }

    /// Adds lanes 1 … L − 1 to lane 0, in order.
    func reduce() {
        let sum = lanes[0].gradients.buffer
        for lane in lanes.dropFirst() {
            let part = lane.gradients.buffer
            // 1·x + y has the bits of x + y, fused or not.
            unsafe RowKernels.axpy(sum.base, alpha: 1, part.base, count: sum.count)
        }
    }
}

/// AdamW over all weights of a model; norms, biases and the position bias do not decay.
func makeOptimizer(_ parameters: T5Parameters, gradients: T5Parameters, configuration: AdamWConfiguration) -> AdamW {
    let table = parameters.entries.map { entry in
        OptimizedParameter(
            name: entry.name,
            values: parameters.buffer,
            gradients: gradients.buffer,
            range: entry.offset..<entry.offset + entry.count,
            decays:
                !(entry.name.contains("layer_norm") || entry.name.hasSuffix("bias")
                || entry.name.contains("relative_attention_bias"))
        )
    }
    return AdamW(table, configuration: configuration)
}

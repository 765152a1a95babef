import Tensors

/// The memory of one forward and backward pass, computed from the lengths alone.
///
/// Follows what the passes take from their workspace, in their order: a test holds the two together.
package struct TeacherForcedPlan {
    private let shape: T5Configuration
    private let keeps: Bool
    private let recomputes: Bool
    private var used = 0
    private var peak = 0

    /// Floats of workspace that `T5Scorer` needs for `batch`.
    ///
    /// - Parameters:
    ///   - batch: What will be scored.
    ///   - configuration: Of the model.
    ///   - keepForBackward: Whether backward follows.
    ///   - recomputes: Whether backward computes a layer's activations again.
    /// - Returns: The most floats in use at once.
    package static func floats(
        _ batch: TeacherForcedBatch,
        _ configuration: T5Configuration,
        keepForBackward: Bool,
        recomputes: Bool
    ) -> Int {
        var plan = TeacherForcedPlan(configuration, keeps: keepForBackward && !recomputes, recomputes: recomputes)
        plan.run(batch, backward: keepForBackward)
        return plan.peak
    }

    private init(_ shape: T5Configuration, keeps: Bool, recomputes: Bool) {
        self.shape = shape
        self.keeps = keeps
        self.recomputes = recomputes
    }

    private mutating func take(_ rows: Int, _ columns: Int) {
        used += (rows * columns + 15) & ~15
        peak = max(peak, used)
    }

    private mutating func scoped(releasing: Bool = true, _ body: (inout TeacherForcedPlan) -> Void) {
        let mark = used
        body(&self)
        if releasing { used = mark }
    }

    private mutating func run(_ batch: TeacherForcedBatch, backward: Bool) {
        let sources = RaggedRows(counts: batch.sources.map(\.count))
        let targets = RaggedRows(counts: batch.targets.map(\.tokens.count))
        let own = AttentionPlan.within(sources, causal: false, shape)
        let causal = AttentionPlan.within(targets, causal: true, shape)
        let cross = AttentionPlan.across(
            targets: targets,
            sources: sources,
            sourceOfTarget: batch.targets.map(\.sourceIndex),
            shape
        )
        let encoder = Layer(rows: sources.total, memory: nil, own: own, cross: nil)
        let decoder = Layer(rows: targets.total, memory: sources.total, own: causal, cross: cross)
        forward(encoder, layers: shape.numEncoderLayers, longest: sources.longest, saves: backward)
        forward(decoder, layers: shape.numDecoderLayers, longest: targets.longest, saves: backward)
        let chunk = min(targets.total, TeacherForcedHead.chunkRows(shape))
        take(chunk, shape.vocabularySize)
        take(chunk, shape.dModel)
        guard backward else { return }
        take(targets.total, shape.dModel)
        scoped { plan in
            if targets.total > TeacherForcedHead.chunkRows(plan.shape) { plan.take(chunk, plan.shape.vocabularySize) }
            plan.take(chunk, plan.shape.vocabularySize)
            plan.take(chunk, plan.shape.dModel)
        }
        take(sources.total, shape.dModel)
        self.backward(decoder, longest: targets.longest)
        self.backward(encoder, longest: sources.longest)
    }

    /// One layer of encoder or decoder.
    private struct Layer {
        let rows: Int
        let memory: Int?
        let own: AttentionPlan
        let cross: AttentionPlan?
    }

    private mutating func forward(_ layer: Layer, layers: Int, longest: Int, saves: Bool) {
        take(shape.numHeads, max(1, 2 * longest - 1) + 8)
        take(layer.rows, shape.dModel)
        for _ in 0..<layers {
            if recomputes && saves { take(layer.rows, shape.dModel) }
            forward(layer, keeps: keeps)
        }
        take(layer.rows, shape.dModel)
        take(1, layer.rows)
    }

    private mutating func forward(_ layer: Layer, keeps: Bool) {
        scoped(releasing: !keeps) { $0.attention(layer.rows, memory: nil, layer.own, keeps: keeps) }
        if let cross = layer.cross {
            scoped(releasing: !keeps) { $0.attention(layer.rows, memory: layer.memory, cross, keeps: keeps) }
        }
        scoped(releasing: !keeps) { plan in
            plan.take(layer.rows, plan.shape.dModel)
            plan.take(1, layer.rows)
            plan.take(layer.rows, plan.shape.dFF)
            if keeps { plan.take(layer.rows, plan.shape.dModel) }
        }
    }

    private mutating func attention(_ rows: Int, memory: Int?, _ plan: AttentionPlan, keeps: Bool) {
        let inner = shape.innerWidth
        take(rows, shape.dModel)
        take(1, rows)
        take(rows, memory == nil ? 3 * inner : inner)
        if let memory { take(memory, 2 * inner) }
        take(1, plan.probabilityCount)
        take(rows, inner)
        if keeps { take(rows, shape.dModel) }
    }

    private mutating func backward(_ layer: Layer, longest: Int) {
        take(layer.rows, shape.dModel)
        take(shape.numHeads, max(1, 2 * longest - 1) + 8)
        // Every layer needs the same again.
        scoped { plan in
            if plan.recomputes { plan.forward(layer, keeps: true) }
            plan.scoped { plan in
                plan.take(layer.rows, plan.shape.dFF)
                plan.take(layer.rows, plan.shape.dModel)
            }
            plan.scoped { $0.attentionBackward(layer.rows, memory: nil, layer.own) }
            if let cross = layer.cross {
                plan.scoped { $0.attentionBackward(layer.rows, memory: layer.memory, cross) }
            }
        }
    }

    private mutating func attentionBackward(_ rows: Int, memory: Int?, _ attention: AttentionPlan) {
        let inner = shape.innerWidth
        take(rows, inner)
        take(rows, memory == nil ? 3 * inner : inner)
        if let memory { take(memory, 2 * inner) }
        for block in attention.blocks {
            scoped { $0.take(block.queries.count, Matrix.paddedWidth(block.keys.count)) }
        }
        take(rows, shape.dModel)
    }
}

import Tensors

/// Offsets of the weights of one attention sublayer; `q`, `k`, `v` are adjacent, and so are `k` and `v` of a cross one.
struct AttentionWeights {
    let norm: Int
    let q: Int
    let k: Int
    let o: Int
}

/// What the forward of an attention sublayer keeps for its backward.
struct AttentionActivations {
    let weights: AttentionWeights
    let normed: NormedRows
    /// Rows of the encoder that cross-attention reads; nil for self-attention.
    let memory: Matrix?
    /// `[rows, 3·inner]` of Q, K, V for self-attention; `[rows, inner]` of Q for cross-attention.
    let projected: Matrix
    /// `[memory rows, 2·inner]` of K, V for cross-attention.
    let projectedMemory: Matrix?
    let probabilities: Matrix
    let context: Matrix

    /// Q, K and V as columns of `projected` (and of the projected memory), `inner` wide each.
    static func inputs(_ projected: Matrix, _ memory: Matrix?, inner: Int) -> AttentionInputs {
        let keyed = memory ?? projected.columns(inner..<3 * inner)
        return AttentionInputs(
            queries: projected.columns(0..<inner),
            keys: keyed.columns(0..<inner),
            values: keyed.columns(inner..<2 * inner)
        )
    }
}

extension TeacherForcedPass {
    /// stream + Wo·attention(norm(stream)), attending to `memory`, or to itself when nil.
    func attention(
        _ stream: Matrix,
        memory: Matrix? = nil,
        weights: AttentionWeights,
        plan: AttentionPlan,
        bias: Matrix?
    ) -> (output: Matrix, kept: AttentionActivations) {
        let inner = configuration.innerWidth
        let normed = normed(stream, weights.norm)
        let projected = projected(normed.output, weights.q, to: memory == nil ? 3 * inner : inner)
        let projectedMemory = memory.map { self.projected($0, weights.k, to: 2 * inner) }
        let probabilities = workspace.take(1, plan.probabilityCount)
        let context = workspace.take(stream.rows, inner)
        attentionForward(
            context: context,
            probabilities: probabilities,
            inputs: AttentionActivations.inputs(projected, projectedMemory, inner: inner),
            bias: bias,
            plan: plan
        )
        let kept = AttentionActivations(
            weights: weights,
            normed: normed,
            memory: memory,
            projected: projected,
            projectedMemory: projectedMemory,
            probabilities: probabilities,
            context: context
        )
        return (added(stream, context, weights.o), kept)
    }
}

extension TeacherForcedBackwardPass {
    /// Backward of `TeacherForcedPass.attention`: `stream` holds the gradient of its output and gets that of its input.
    ///
    /// The gradient of the memory is added to `memory`.
    func attention(
        stream: Matrix,
        memory: Matrix? = nil,
        _ kept: AttentionActivations,
        plan: AttentionPlan,
        biasGradient: Matrix?
    ) {
        let inner = kept.context.columns
        let dContext = workspace.take(stream.rows, inner)
        projection(dx: dContext, dy: stream, x: kept.context, kept.weights.o)
        let dProjected = workspace.take(stream.rows, kept.projected.columns)
        let dMemory = kept.projectedMemory.map { workspace.take($0.rows, $0.columns) }
        dMemory?.zero()
        attentionBackward(
            gradients: AttentionActivations.inputs(dProjected, dMemory, inner: inner),
            accumulates: dMemory != nil,
            contextGradient: dContext,
            probabilities: kept.probabilities,
            inputs: AttentionActivations.inputs(kept.projected, kept.projectedMemory, inner: inner),
            biasGradient: biasGradient,
            plan: plan,
            workspace: workspace
        )
        if let memory, let dMemory, let rows = kept.memory {
            projection(dx: memory, dy: dMemory, x: rows, kept.weights.k, .add)
        }
        let dNormed = workspace.take(stream.rows, stream.columns)
        projection(dx: dNormed, dy: dProjected, x: kept.normed.output, kept.weights.q)
        norm(dx: stream, dy: dNormed, kept.normed)
    }
}

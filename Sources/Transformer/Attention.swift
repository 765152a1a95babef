import Tensors

/// Rows of queries that attend to rows of keys.
struct AttentionBlock {
    let queries: Range<Int>
    let keys: Range<Int>
    /// Where the block's probabilities, `[heads, queries, keys]` with padded rows, begin among those of all blocks.
    let probabilities: Int
}

/// Who attends to whom in a ragged batch.
struct AttentionPlan {
    let heads: Int
    /// Width of one head.
    let width: Int
    let blocks: [AttentionBlock]
    /// Floats that the probabilities of all blocks take.
    let probabilityCount: Int
    let causal: Bool

    init(_ pairs: [(queries: Range<Int>, keys: Range<Int>)], causal: Bool, configuration: T5Configuration) {
        heads = configuration.numHeads
        width = configuration.dKV
        self.causal = causal
        var count = 0
        let heads = heads
        blocks = pairs.map { pair in
            defer { count += heads * pair.queries.count * Matrix.paddedWidth(pair.keys.count) }
            return AttentionBlock(queries: pair.queries, keys: pair.keys, probabilities: count)
        }
        probabilityCount = count
    }

    /// Every sequence attends to itself.
    static func within(_ rows: RaggedRows, causal: Bool, _ configuration: T5Configuration) -> AttentionPlan {
        AttentionPlan(rows.ranges.map { ($0, $0) }, causal: causal, configuration: configuration)
    }

    /// Completions attend to their prompts; neighbours with the same prompt become one block.
    static func across(
        targets: RaggedRows,
        sources: RaggedRows,
        sourceOfTarget: [Int],
        _ configuration: T5Configuration
    ) -> AttentionPlan {
        var pairs: [(queries: Range<Int>, keys: Range<Int>)] = []
        var previous = -1
        for (range, source) in zip(targets.ranges, sourceOfTarget) {
            if source == previous, let last = pairs.popLast() {
                pairs.append((last.queries.lowerBound..<range.upperBound, last.keys))
            } else {
                pairs.append((range, sources.ranges[source]))
            }
            previous = source
        }
        return AttentionPlan(pairs, causal: false, configuration: configuration)
    }

    func probabilities(_ all: Matrix, of block: AttentionBlock, head: Int) -> Matrix {
        let (queries, stride) = (block.queries.count, Matrix.paddedWidth(block.keys.count))
        return Matrix(
            all.buffer,
            offset: all.offset + block.probabilities + head * queries * stride,
            rows: queries,
            columns: block.keys.count,
            stride: stride
        )
    }

    func columns(of head: Int) -> Range<Int> { head * width..<(head + 1) * width }
}

/// Queries, keys and values, each `[rows, heads · width]`, possibly columns of one matrix.
struct AttentionInputs {
    let queries: Matrix
    let keys: Matrix
    let values: Matrix
}

/// Unscaled dot-product attention: context = softmax(Q·Kᵀ + bias)·V, per block and head.
///
/// T5 does not divide by √width; the initialisation of q takes its place.
///
/// - Parameters:
///   - context: `[query rows, heads · width]`, overwritten.
///   - probabilities: `[1, plan.probabilityCount]`, overwritten, kept for backward.
///   - inputs: Q, K, V.
///   - bias: `[heads, 2·L − 1]` by distance, or nil.
///   - plan: Who attends to whom.
func attentionForward(
    context: Matrix,
    probabilities: Matrix,
    inputs: AttentionInputs,
    bias: Matrix?,
    plan: AttentionPlan
) {
    for block in plan.blocks {
        for head in 0..<plan.heads {
            let columns = plan.columns(of: head)
            let p = plan.probabilities(probabilities, of: block, head: head)
            let q = inputs.queries.rows(block.queries).columns(columns)
            let k = inputs.keys.rows(block.keys).columns(columns)
            let v = inputs.values.rows(block.keys).columns(columns)
            orderedProduct(p, q, k, transposeB: true)
            p.attentionSoftmax(bias: bias?.rows(head..<head + 1), causal: plan.causal)
            orderedProduct(context.rows(block.queries).columns(columns), p, v, transposeB: false)
        }
    }
}

/// Gradients of `attentionForward`.
///
/// - Parameters:
///   - gradients: dQ, overwritten; dK and dV, overwritten too unless `accumulates`.
///   - accumulates: Whether dK and dV are added to what is there, as they must be when blocks share keys.
///   - contextGradient: `[query rows, heads · width]`.
///   - probabilities: As written by forward.
///   - inputs: As given to forward.
///   - biasGradient: `[heads, 2·L − 1]`, accumulated, or nil.
///   - plan: As given to forward.
///   - workspace: Lends memory for one block's scores.
func attentionBackward(
    gradients: AttentionInputs,
    accumulates: Bool,
    contextGradient: Matrix,
    probabilities: Matrix,
    inputs: AttentionInputs,
    biasGradient: Matrix?,
    plan: AttentionPlan,
    workspace: TeacherForcedWorkspace
) {
    let mark = workspace.mark()
    let target: PackedMatrix.Target = accumulates ? .add : .store
    for block in plan.blocks {
        workspace.release(to: mark)
        let padded = workspace.take(block.queries.count, Matrix.paddedWidth(block.keys.count))
        let ds = padded.columns(0..<block.keys.count)
        for head in 0..<plan.heads {
            let columns = plan.columns(of: head)
            let p = plan.probabilities(probabilities, of: block, head: head)
            let dc = contextGradient.rows(block.queries).columns(columns)
            let v = inputs.values.rows(block.keys).columns(columns)
            orderedProduct(gradients.values.rows(block.keys).columns(columns), p, transposeA: true, dc, target)
            orderedProduct(ds, dc, v, transposeB: true)
            ds.attentionSoftmaxBackward(
                probabilities: p,
                biasGradient: biasGradient?.rows(head..<head + 1),
                causal: plan.causal
            )
            let q = inputs.queries.rows(block.queries).columns(columns)
            let k = inputs.keys.rows(block.keys).columns(columns)
            orderedProduct(gradients.queries.rows(block.queries).columns(columns), ds, k)
            orderedProduct(gradients.keys.rows(block.keys).columns(columns), ds, transposeA: true, q, target)
        }
    }
    workspace.release(to: mark)
}

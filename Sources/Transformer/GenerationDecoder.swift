import Tensors

/// A sequence that is still growing: its places in the caches.
struct ActiveSequence {
    /// Index of the request, which is also its place in the self-attention cache.
    let request: Int
    /// Index of its source in the cross-attention memory.
    let source: Int
    /// The token the decoder sees next.
    var token: Int32
}

/// The decoder of a generator: one position of all active sequences at a time.
@safe
struct GenerationDecoder {
    private let configuration: T5Configuration
    private let layout: KeyValueLayout
    private var cache: SelfAttentionCache
    private var streams = (x: Scratch(), normed: Scratch(), wide: Scratch(), context: Scratch(), rstd: Scratch())
    private var attention = (scores: Scratch(), bias: Scratch(), mixture: Scratch())
    private var logits = Scratch()
    private var maximumLength = 0
    private var chunks: [UnsafeMutablePointer<Float>] = unsafe []

    init(configuration: T5Configuration) {
        self.configuration = configuration
        layout = KeyValueLayout(heads: configuration.numHeads, dKV: configuration.dKV)
        cache = SelfAttentionCache(layout: layout)
    }

    /// Prepares for completions of up to `maximumLength` tokens.
    mutating func begin(sequences: Int, maximumLength: Int, weights: GenerationWeights) {
        cache.begin(sequences: sequences)
        self.maximumLength = maximumLength
        let bias = unsafe attention.bias.reserve(configuration.numHeads * maximumLength + 8)
        let table = unsafe weights.parameters.pointer(weights.parameters.offsets.decoderRelativeBias)
        for column in 0..<maximumLength {
            let bucket = relativePositionBucket(
                distance: column - (maximumLength - 1),
                bidirectional: false,
                buckets: configuration.relativeAttentionBuckets,
                maxDistance: configuration.relativeAttentionMaxDistance
            )
            for head in 0..<configuration.numHeads {
                unsafe bias[head * maximumLength + column] = table[bucket * configuration.numHeads + head]
            }
        }
    }

    /// Runs the decoder on the `token` of every active sequence, all at `position`.
    ///
    /// `values` is overwritten with the value of each sequence's state.
    ///
    /// - Returns: The logits, `[active, vocabulary]`, valid until the next step.
    @unsafe
    mutating func step(
        _ active: [ActiveSequence],
        position: Int,
        weights: GenerationWeights,
        memory: CrossAttentionMemory,
        values: inout [Float]
    ) -> UnsafeMutablePointer<Float> {
        let rows = active.count
        let (dModel, inner) = (configuration.dModel, configuration.innerWidth)
        let x = unsafe streams.x.reserve(rows * dModel)
        let normed = unsafe streams.normed.reserve(rows * dModel)
        let wide = unsafe streams.wide.reserve(rows * max(3 * inner, configuration.dFF))
        let context = unsafe streams.context.reserve(rows * inner)
        let rstd = unsafe streams.rstd.reserve(rows)
        cache.reserve(position: position, layers: configuration.numDecoderLayers)
        unsafe weights.embed(active.lazy.map(\.token), into: x)
        for (index, layer) in weights.decoder.enumerated() {
            let offsets = weights.parameters.decoderLayer(index)
            unsafe weights.norm(offsets.selfAttentionNorm, x, rows: rows, into: normed, rstd: rstd)
            unsafe weights.multiply(layer.qkv, normed, rows: rows, into: wide)
            unsafe selfAttention(active, position: position, layer: index, qkv: wide, into: context)
            unsafe weights.multiply(layer.o, context, rows: rows, into: x, .add)

            unsafe weights.norm(offsets.crossAttentionNorm, x, rows: rows, into: normed, rstd: rstd)
            unsafe weights.multiply(layer.crossQ, normed, rows: rows, into: wide)
            unsafe crossAttention(active, layer: index, memory: memory, queries: wide, into: context)
            unsafe weights.multiply(layer.crossO, context, rows: rows, into: x, .add)

            unsafe weights.norm(offsets.feedForwardNorm, x, rows: rows, into: normed, rstd: rstd)
            unsafe weights.multiply(layer.wi, normed, rows: rows, into: wide, .rectified)
            unsafe weights.multiply(layer.wo, wide, rows: rows, into: x, .add)
        }
        let top = weights.parameters.offsets
        unsafe weights.norm(top.decoderFinalNorm, x, rows: rows, into: normed, rstd: rstd)
        values.removeAll(keepingCapacity: true)
        let (valueWeight, valueBias) = unsafe (weights.parameters.pointer(top.valueWeight), top.valueBias)
        for row in 0..<rows {
            let value = unsafe RowKernels.dot(normed + row * dModel, valueWeight, count: dModel)
            unsafe values.append(value + weights.parameters.pointer(valueBias).pointee)
        }
        if configuration.tieWordEmbeddings {
            let scale = 1 / Float(dModel).squareRoot()
            for i in 0..<rows * dModel { unsafe normed[i] *= scale }
        }
        let logits = unsafe self.logits.reserve(rows * configuration.vocabularySize)
        unsafe weights.multiply(weights.head, normed, rows: rows, into: logits)
        return unsafe logits
    }

    private mutating func selfAttention(
        _ active: [ActiveSequence],
        position: Int,
        layer: Int,
        qkv: UnsafeMutablePointer<Float>,
        into context: UnsafeMutablePointer<Float>
    ) {
        let inner = configuration.innerWidth
        let last = position / KeyValueLayout.positions
        for (row, sequence) in active.enumerated() {
            let query = unsafe qkv + row * 3 * inner
            unsafe chunks.removeAll(keepingCapacity: true)
            for index in 0...last {
                unsafe chunks.append(cache.chunk(index, layer: layer, sequence: sequence.request))
            }
            unsafe layout.store(
                key: query + inner,
                value: query + 2 * inner,
                position: position % KeyValueLayout.positions,
                chunk: chunks[last]
            )
            unsafe attend(
                query: query,
                count: position + 1,
                bias: attention.bias.buffer.base + maximumLength - 1 - position,
                into: context + row * inner
            )
        }
    }

    private mutating func crossAttention(
        _ active: [ActiveSequence],
        layer: Int,
        memory: CrossAttentionMemory,
        queries: UnsafeMutablePointer<Float>,
        into context: UnsafeMutablePointer<Float>
    ) {
        let inner = configuration.innerWidth
        for (row, sequence) in active.enumerated() {
            let count = memory.lengths[sequence.source]
            unsafe chunks.removeAll(keepingCapacity: true)
            for index in 0..<KeyValueLayout.chunks(count) {
                unsafe chunks.append(memory.chunk(index, layer: layer, source: sequence.source))
            }
            unsafe attend(query: queries + row * inner, count: count, bias: nil, into: context + row * inner)
        }
    }

    /// Attention of one query, `[inner]`, over the first `count` positions of `chunks`.
    ///
    /// `bias` is head 0's bias of the first position; heads are `maximumLength` apart.
    private mutating func attend(
        query: UnsafePointer<Float>,
        count: Int,
        bias: UnsafePointer<Float>?,
        into output: UnsafeMutablePointer<Float>
    ) {
        let positions = KeyValueLayout.positions
        let scores = unsafe attention.scores.reserve(chunks.count * positions)
        unsafe output.update(repeating: 0, count: configuration.innerWidth)
        for head in 0..<configuration.numHeads {
            let shift = head * layout.headChunk
            for index in unsafe chunks.indices {
                unsafe layout.scores(
                    query: query + head * configuration.dKV,
                    chunk: chunks[index] + shift,
                    into: scores + index * positions
                )
            }
            unsafe RowKernels.attentionSoftmax(
                scores: scores,
                rows: 1,
                columns: count,
                stride: (count + 7) & ~7,
                bias: bias.map { unsafe $0 + head * maximumLength },
                causal: false
            )
            unsafe mix(scores: scores, shift: shift, count: count, into: output + head * configuration.dKV)
        }
    }

    /// Adds one head's values, weighted by `scores`, to `output`, `[dKV]`, in the blocks of `orderedProduct`.
    private mutating func mix(
        scores: UnsafePointer<Float>,
        shift: Int,
        count: Int,
        into output: UnsafeMutablePointer<Float>
    ) {
        let positions = KeyValueLayout.positions
        for first in unsafe stride(from: 0, to: chunks.count, by: KeyValueLayout.chunksPerBlock) {
            let sum = unsafe first == 0 ? output : attention.mixture.reserve(configuration.dKV)
            if first > 0 { unsafe sum.update(repeating: 0, count: configuration.dKV) }
            for index in unsafe first..<min(first + KeyValueLayout.chunksPerBlock, chunks.count) {
                unsafe layout.mix(
                    weights: scores + index * positions,
                    count: min(positions, count - index * positions),
                    chunk: chunks[index] + shift,
                    into: sum
                )
            }
            if first > 0 { unsafe RowKernels.axpy(output, alpha: 1, sum, count: configuration.dKV) }
        }
    }
}

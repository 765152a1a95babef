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
    var cache: SelfAttentionCache
    private var streams = (x: Scratch(), normed: Scratch(), wide: Scratch(), context: Scratch(), rstd: Scratch())
    private var bias = Scratch()
    private var logits = Scratch()
    private var maximumLength = 0
    private var chunks: [UnsafePointer<Float>?] = unsafe []

    init(configuration: T5Configuration) {
        self.configuration = configuration
        layout = KeyValueLayout(heads: configuration.numHeads, dKV: configuration.dKV)
        cache = SelfAttentionCache(layout: layout)
    }

    /// Prepares for completions of up to `maximumLength` tokens.
    mutating func begin(sequences: Int, maximumLength: Int, weights: GenerationWeights) {
        cache.begin(sequences: sequences)
        self.maximumLength = maximumLength
        let bias = unsafe self.bias.reserve(configuration.numHeads * maximumLength + 16)
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
            for index in 0..<last {
                unsafe chunks.append(UnsafePointer(cache.chunk(index, layer: layer, sequence: sequence.request)))
            }
            let newest = unsafe cache.chunk(last, layer: layer, sequence: sequence.request)
            unsafe chunks.append(UnsafePointer(newest))
            unsafe layout.store(
                key: query + inner,
                value: query + 2 * inner,
                position: position % KeyValueLayout.positions,
                chunk: newest
            )
            unsafe attend(
                query,
                stride: 3 * inner,
                rows: 1,
                count: position + 1,
                bias: bias.buffer.base + maximumLength - 1 - position,
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
        var row = 0
        while row < active.count {
            // Completions of one prompt together: its keys and values are read once.
            let source = active[row].source
            var end = row + 1
            while end < active.count, active[end].source == source { end += 1 }
            let count = memory.lengths[source]
            unsafe chunks.removeAll(keepingCapacity: true)
            for index in 0..<KeyValueLayout.chunks(count) {
                unsafe chunks.append(UnsafePointer(memory.chunk(index, layer: layer, source: source)))
            }
            unsafe attend(
                queries + row * inner,
                stride: inner,
                rows: end - row,
                count: count,
                bias: nil,
                into: context + row * inner
            )
            row = end
        }
    }

    /// Attention of `rows` queries, `[inner]` each, over the first `count` positions of `chunks`.
    ///
    /// `bias` is head 0's bias of the first position; heads are `maximumLength` apart.
    private func attend(
        _ queries: UnsafePointer<Float>,
        stride: Int,
        rows: Int,
        count: Int,
        bias: UnsafePointer<Float>?,
        into output: UnsafeMutablePointer<Float>
    ) {
        unsafe chunks.withUnsafeBufferPointer { chunks in
            unsafe RowKernels.cachedAttention(
                chunks: chunks,
                count: count,
                heads: configuration.numHeads,
                width: configuration.dKV,
                queries: queries,
                rows: rows,
                queryStride: stride,
                bias: bias,
                biasStride: maximumLength,
                output: output
            )
        }
    }
}

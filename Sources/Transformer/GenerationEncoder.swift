import Tensors

/// Cross-attention keys and values of a batch of sources, computed once per distinct source.
@safe
struct CrossAttentionMemory {
    let layout: KeyValueLayout
    private var storage = Scratch()
    /// First chunk of each source; the last element is the number of chunks of all.
    private var firstChunk: [Int] = []
    private(set) var lengths: [Int] = []
    private var totalChunks: Int { firstChunk.last ?? 0 }

    init(layout: KeyValueLayout) { self.layout = layout }

    /// Prepares for sources of these lengths.
    mutating func begin(lengths: [Int], layers: Int) {
        self.lengths = lengths
        firstChunk = lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + KeyValueLayout.chunks($1)) }
        unsafe _ = storage.reserve(layers * totalChunks * layout.chunk)
    }

    /// Chunk `index` of `source` in `layer`.
    @unsafe
    func chunk(_ index: Int, layer: Int, source: Int) -> UnsafeMutablePointer<Float> {
        unsafe storage.buffer.base + (layer * totalChunks + firstChunk[source] + index) * layout.chunk
    }
}

/// The encoder of a generator: whole sources in, cross-attention keys and values out.
struct GenerationEncoder {
    private let configuration: T5Configuration
    private var streams = (x: Scratch(), normed: Scratch(), wide: Scratch(), context: Scratch(), rstd: Scratch())
    private var attention = (scores: Scratch(), bias: Scratch())

    /// Sources are encoded together until they have so many tokens.
    private static let tokensPerPass = 512

    init(configuration: T5Configuration) { self.configuration = configuration }

    /// Encodes `sources` and fills `memory`.
    mutating func encode(_ sources: [[Int32]], weights: GenerationWeights, memory: inout CrossAttentionMemory) {
        memory.begin(lengths: sources.map(\.count), layers: configuration.numDecoderLayers)
        var start = 0
        while start < sources.count {
            var end = start
            var tokens = 0
            repeat {
                precondition(!sources[end].isEmpty, "a source has at least one token")
                tokens += sources[end].count
                end += 1
            } while end < sources.count && tokens + sources[end].count <= GenerationEncoder.tokensPerPass
            encode(sources[start..<end], tokens: tokens, weights: weights, memory: memory)
            start = end
        }
    }

    /// Encodes neighbouring sources in one pass: their tokens are the rows of every product.
    private mutating func encode(
        _ sources: ArraySlice<[Int32]>,
        tokens: Int,
        weights: GenerationWeights,
        memory: CrossAttentionMemory
    ) {
        let (dModel, inner) = (configuration.dModel, configuration.innerWidth)
        let x = unsafe streams.x.reserve(tokens * dModel)
        let normed = unsafe streams.normed.reserve(tokens * dModel)
        let wide = unsafe streams.wide.reserve(tokens * max(3 * inner, configuration.dFF))
        let context = unsafe streams.context.reserve(tokens * inner)
        let rstd = unsafe streams.rstd.reserve(tokens)
        let longest = sources.map(\.count).max() ?? 1
        prepareBias(weights, longest: longest)
        unsafe weights.embed(sources.joined(), into: x)
        for (index, layer) in weights.encoder.enumerated() {
            let offsets = weights.parameters.encoderLayer(index)
            unsafe weights.norm(offsets.selfAttentionNorm, x, rows: tokens, into: normed, rstd: rstd)
            unsafe weights.multiply(layer.qkv, normed, rows: tokens, into: wide)
            var row = 0
            for source in sources {
                unsafe attend(
                    wide + row * 3 * inner,
                    count: source.count,
                    longest: longest,
                    into: context + row * inner
                )
                row += source.count
            }
            unsafe weights.multiply(layer.o, context, rows: tokens, into: x, .add)
            unsafe weights.norm(offsets.feedForwardNorm, x, rows: tokens, into: normed, rstd: rstd)
            unsafe weights.multiply(layer.wi, normed, rows: tokens, into: wide, .rectified)
            unsafe weights.multiply(layer.wo, wide, rows: tokens, into: x, .add)
        }
        unsafe weights.norm(weights.parameters.offsets.encoderFinalNorm, x, rows: tokens, into: normed, rstd: rstd)
        for (index, layer) in weights.decoder.enumerated() {
            unsafe weights.multiply(layer.crossKV, normed, rows: tokens, into: wide)
            var row = unsafe wide
            for (source, ids) in zip(sources.indices, sources) {
                for position in ids.indices {
                    unsafe memory.layout.store(
                        key: row,
                        value: row + inner,
                        position: position % KeyValueLayout.positions,
                        chunk: memory.chunk(position / KeyValueLayout.positions, layer: index, source: source)
                    )
                    unsafe row += 2 * inner
                }
            }
        }
    }

    /// Self-attention of one source; `qkv` is `[count, 3·inner]`, `context` `[count, inner]`.
    private mutating func attend(
        _ qkv: UnsafeMutablePointer<Float>,
        count: Int,
        longest: Int,
        into context: UnsafeMutablePointer<Float>
    ) {
        let (dKV, inner) = (configuration.dKV, configuration.innerWidth)
        // The softmax works in whole vectors of eight.
        let stride = (count + 7) & ~7
        let scores = unsafe attention.scores.reserve(count * stride)
        let square = unsafe MatrixView(scores, rows: count, columns: count, stride: stride)
        for head in 0..<configuration.numHeads {
            let first = unsafe qkv + head * dKV
            let query = unsafe MatrixView(first, rows: count, columns: dKV, stride: 3 * inner)
            let key = unsafe MatrixView(first + inner, rows: count, columns: dKV, stride: 3 * inner)
            let value = unsafe MatrixView(first + 2 * inner, rows: count, columns: dKV, stride: 3 * inner)
            unsafe orderedProduct(square, query, key, transposeB: true)
            unsafe RowKernels.attentionSoftmax(
                scores: scores,
                rows: count,
                columns: count,
                stride: stride,
                bias: attention.bias.buffer.base + head * (2 * longest - 1) + longest - 1,
                causal: false
            )
            unsafe orderedProduct(
                MatrixView(context + head * dKV, rows: count, columns: dKV, stride: inner),
                square,
                value,
                transposeB: false
            )
        }
    }

    /// Spreads the position bias by distance: `[heads, 2·longest − 1]`, distance 0 in the middle.
    private mutating func prepareBias(_ weights: GenerationWeights, longest: Int) {
        let width = 2 * longest - 1
        let bias = unsafe attention.bias.reserve(configuration.numHeads * width + 8)
        let table = unsafe weights.parameters.pointer(weights.parameters.offsets.encoderRelativeBias)
        for column in 0..<width {
            let bucket = relativePositionBucket(
                distance: column - (longest - 1),
                bidirectional: true,
                buckets: configuration.relativeAttentionBuckets,
                maxDistance: configuration.relativeAttentionMaxDistance
            )
            for head in 0..<configuration.numHeads {
                unsafe bias[head * width + column] = table[bucket * configuration.numHeads + head]
            }
        }
    }
}

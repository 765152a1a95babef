import Tensors

/// Storage that only grows, so that a generator in its stride allocates nothing.
struct Scratch {
    private(set) var buffer = FloatBuffer(count: 0)

    /// Room for `count` floats, whose contents are undefined.
    mutating func reserve(_ count: Int) -> UnsafeMutablePointer<Float> {
        if buffer.count < count { buffer = FloatBuffer(count: count) }
        return unsafe buffer.base
    }
}

/// The layout of keys and values: chunks of 32 positions, keys transposed.
///
/// A chunk of one head holds its keys as `[dKV, 32]`, so that scores of 32 keys are sums of vectors, followed by its
/// values as `[32, dKV]`.
struct KeyValueLayout {
    let heads: Int
    let dKV: Int

    /// Positions per chunk.
    static let positions = RowKernels.chunkPositions

    /// Floats of one head's chunk.
    var headChunk: Int { 2 * KeyValueLayout.positions * dKV }

    /// Floats of one chunk of all heads.
    var chunk: Int { heads * headChunk }

    static func chunks(_ count: Int) -> Int { (count + positions - 1) / positions }

    /// Stores the keys and values of one position, `[heads, dKV]` each, in the chunk at `chunk`.
    @unsafe
    func store(
        key: UnsafePointer<Float>,
        value: UnsafePointer<Float>,
        position: Int,
        chunk: UnsafeMutablePointer<Float>
    ) {
        for head in 0..<heads {
            let keys = unsafe chunk + head * headChunk + position
            for d in 0..<dKV { unsafe keys[d * KeyValueLayout.positions] = key[head * dKV + d] }
            let values = unsafe chunk + head * headChunk + (KeyValueLayout.positions + position) * dKV
            unsafe values.update(from: value + head * dKV, count: dKV)
        }
    }
}

/// Keys and values of the decoder's own tokens, for every layer and sequence.
///
/// Memory comes in slabs, one per 32 positions, each for all layers and sequences: it grows with the longest
/// completion and is kept for the next batch. A finished sequence's place simply stays unused.
struct SelfAttentionCache {
    let layout: KeyValueLayout
    private(set) var slabs: [Scratch] = []
    private var sequences = 0

    init(layout: KeyValueLayout) { self.layout = layout }

    /// Prepares for `sequences` sequences, whose keys and values are not yet there.
    mutating func begin(sequences: Int) { self.sequences = sequences }

    /// Makes room for `position` in every layer.
    mutating func reserve(position: Int, layers: Int) {
        guard position % KeyValueLayout.positions == 0 else { return }
        let index = position / KeyValueLayout.positions
        if index == slabs.count { slabs.append(Scratch()) }
        unsafe _ = slabs[index].reserve(layers * sequences * layout.chunk)
    }

    /// The chunk that holds `position` of `sequence` in `layer`.
    @unsafe
    func chunk(_ index: Int, layer: Int, sequence: Int) -> UnsafeMutablePointer<Float> {
        unsafe slabs[index].buffer.base + (layer * sequences + sequence) * layout.chunk
    }
}

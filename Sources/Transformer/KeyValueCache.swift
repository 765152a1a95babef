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
    static let positions = 32

    /// Chunks whose mixtures are summed before they are added to those of the others: a block of `orderedProduct`.
    static let chunksPerBlock = 16

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

    /// The scores q·k of the 32 positions of one head's chunk; those never stored are meaningless.
    ///
    /// Sums in chains of 32, as `orderedProduct` does, so that the scorer gets the same bits.
    @unsafe
    func scores(query: UnsafePointer<Float>, chunk: UnsafePointer<Float>, into scores: UnsafeMutablePointer<Float>) {
        typealias Lanes = SIMD8<Float>
        var (t0, t1, t2, t3) = (Lanes(), Lanes(), Lanes(), Lanes())
        var keys = unsafe UnsafeRawPointer(chunk)
        for start in stride(from: 0, to: dKV, by: 32) {
            var (s0, s1, s2, s3) = (Lanes(), Lanes(), Lanes(), Lanes())
            for d in start..<min(start + 32, dKV) {
                let q = unsafe Lanes(repeating: query[d])
                unsafe s0.addProduct(q, keys.loadUnaligned(as: Lanes.self))
                unsafe s1.addProduct(q, keys.loadUnaligned(fromByteOffset: 32, as: Lanes.self))
                unsafe s2.addProduct(q, keys.loadUnaligned(fromByteOffset: 64, as: Lanes.self))
                unsafe s3.addProduct(q, keys.loadUnaligned(fromByteOffset: 96, as: Lanes.self))
                unsafe keys += 128
            }
            t0 += s0
            t1 += s1
            t2 += s2
            t3 += s3
        }
        let out = UnsafeMutableRawPointer(scores)
        unsafe out.storeBytes(of: t0, as: Lanes.self)
        unsafe out.storeBytes(of: t1, toByteOffset: 32, as: Lanes.self)
        unsafe out.storeBytes(of: t2, toByteOffset: 64, as: Lanes.self)
        unsafe out.storeBytes(of: t3, toByteOffset: 96, as: Lanes.self)
    }

    /// Adds Σ pⱼ·vⱼ over the first `count` positions of one head's chunk to `output`, `[dKV]`.
    ///
    /// A chunk is one chain of `orderedProduct`, so that the scorer gets the same bits.
    @unsafe
    func mix(
        weights: UnsafePointer<Float>,
        count: Int,
        chunk: UnsafePointer<Float>,
        into output: UnsafeMutablePointer<Float>
    ) {
        typealias Lanes = SIMD8<Float>
        let values = unsafe chunk + KeyValueLayout.positions * dKV
        var d = 0
        while d + 32 <= dKV {
            let out = unsafe UnsafeMutableRawPointer(output + d)
            var (s0, s1, s2, s3) = (Lanes(), Lanes(), Lanes(), Lanes())
            for j in 0..<count {
                let p = unsafe Lanes(repeating: weights[j])
                let v = unsafe UnsafeRawPointer(values + j * dKV + d)
                unsafe s0.addProduct(p, v.loadUnaligned(as: Lanes.self))
                unsafe s1.addProduct(p, v.loadUnaligned(fromByteOffset: 32, as: Lanes.self))
                unsafe s2.addProduct(p, v.loadUnaligned(fromByteOffset: 64, as: Lanes.self))
                unsafe s3.addProduct(p, v.loadUnaligned(fromByteOffset: 96, as: Lanes.self))
            }
            unsafe out.storeBytes(of: out.loadUnaligned(as: Lanes.self) + s0, as: Lanes.self)
            unsafe out.storeBytes(
                of: out.loadUnaligned(fromByteOffset: 32, as: Lanes.self) + s1,
                toByteOffset: 32,
                as: Lanes.self
            )
            unsafe out.storeBytes(
                of: out.loadUnaligned(fromByteOffset: 64, as: Lanes.self) + s2,
                toByteOffset: 64,
                as: Lanes.self
            )
            unsafe out.storeBytes(
                of: out.loadUnaligned(fromByteOffset: 96, as: Lanes.self) + s3,
                toByteOffset: 96,
                as: Lanes.self
            )
            d += 32
        }
        while d + 8 <= dKV {
            let out = unsafe UnsafeMutableRawPointer(output + d)
            var sum = Lanes()
            for j in 0..<count {
                let v = unsafe UnsafeRawPointer(values + j * dKV + d).loadUnaligned(as: Lanes.self)
                unsafe sum.addProduct(Lanes(repeating: weights[j]), v)
            }
            unsafe out.storeBytes(of: out.loadUnaligned(as: Lanes.self) + sum, as: Lanes.self)
            d += 8
        }
        while d < dKV {
            var sum: Float = 0
            for j in 0..<count { unsafe sum.addProduct(weights[j], values[j * dKV + d]) }
            unsafe output[d] += sum
            d += 1
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

package import Determinism
package import Tensors

/// All weights of one T5 with a value head, in one flat buffer.
///
/// The table of entries has the names and shapes of Hugging Face's `T5ForConditionalGeneration`, followed by
/// `value_head.weight` `[1, dModel]` and `value_head.bias` `[1]`. Gradients and optimiser moments use the same table
/// over other buffers.
package final class T5Parameters: Sendable {
    /// One named tensor in the buffer.
    package struct Entry: Sendable, Equatable {
        package let name: String
        /// Row-major; linear layers are `[out, in]`.
        package let shape: [Int]
        /// Position of the first float in the buffer.
        package let offset: Int
        /// Number of floats.
        package let count: Int
    }

    package let configuration: T5Configuration
    package let buffer: FloatBuffer
    /// The tensors in buffer order, without gaps.
    package let entries: [Entry]
    package let offsets: TopOffsets
    private let encoderLayers: [EncoderLayerOffsets]
    private let decoderLayers: [DecoderLayerOffsets]

    /// Weights that are all zero.
    package init(configuration: T5Configuration) {
        let layout = ParameterLayout(configuration)
        self.configuration = configuration
        entries = layout.entries
        offsets = layout.top
        encoderLayers = layout.encoderLayers
        decoderLayers = layout.decoderLayers
        buffer = FloatBuffer(count: layout.count)
    }

    /// Where the tensors of encoder layer `i` begin.
    package func encoderLayer(_ i: Int) -> EncoderLayerOffsets { encoderLayers[i] }

    /// Where the tensors of decoder layer `i` begin.
    package func decoderLayer(_ i: Int) -> DecoderLayerOffsets { decoderLayers[i] }

    /// The address of the float at `offset`; valid as long as these parameters live.
    package func pointer(_ offset: Int) -> UnsafeMutablePointer<Float> { unsafe buffer.base + offset }

    /// The entry called `name`, or nil.
    package func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

    /// The same weights in a buffer of their own.
    package func copy() -> T5Parameters {
        let result = T5Parameters(configuration: configuration)
        result.buffer.copy(from: buffer)
        return result
    }

    /// SHA-256 of the floats, little-endian, in table order: the name of this version of the weights.
    package func digest() -> Digest {
        unsafe Digest(of: UnsafeRawBufferPointer(start: buffer.base, count: buffer.count * MemoryLayout<Float>.stride))
    }

    /// Weights drawn as T5 was initialised, with a value head of zero.
    ///
    /// The factors of Mesh TensorFlow: embedding and untied head 1, q (dModel·dKV)^−½, k and v dModel^−½,
    /// o (numHeads·dKV)^−½, wi and the position bias dModel^−½, wo dFF^−½, norms one.
    ///
    /// - Parameters:
    ///   - configuration: sizes.
    ///   - seed: of every number drawn.
    ///   - positionBias: what the position bias is drawn around.
    /// - Returns: weights of their own.
    package static func random(
        configuration: T5Configuration,
        seed: UInt64,
        positionBias: PositionBiasStart = .random
    ) -> T5Parameters {
        let result = T5Parameters(configuration: configuration)
        for (index, entry) in result.entries.enumerated() {
            let values = unsafe UnsafeMutableBufferPointer(start: result.pointer(entry.offset), count: entry.count)
            if entry.name.hasPrefix("value_head") { continue }
            if entry.name.hasSuffix("layer_norm.weight") {
                unsafe values.update(repeating: 1)
                continue
            }
            let deviation = standardDeviation(of: entry, configuration)
            var generator = RandomKey(seed: seed, path: 0x7435, UInt64(index)).generator()
            for i in 0..<entry.count { unsafe values[i] = Float(generator.normal() * deviation) }
            guard entry.name.hasSuffix("relative_attention_bias.weight") else { continue }
            let heads = configuration.numHeads
            for i in 0..<entry.count {
                unsafe values[i] += Float(
                    positionBias.mean(
                        bucket: i / heads,
                        head: i % heads,
                        isEncoder: entry.name.hasPrefix("encoder"),
                        buckets: configuration.relativeAttentionBuckets,
                        maxDistance: configuration.relativeAttentionMaxDistance
                    )
                )
            }
        }
        return result
    }

    /// The deviation of a matrix's weights in `random`.
    package static func standardDeviation(of entry: Entry, _ configuration: T5Configuration) -> Double {
        let dModel = Double(configuration.dModel)
        let leaf = entry.name.split(separator: ".").suffix(2).first.map(String.init) ?? entry.name
        let variance: Double =
            switch leaf {
            case "shared", "lm_head": 1
            case "q": 1 / (dModel * Double(configuration.dKV))
            case "o": 1 / Double(configuration.innerWidth)
            case "wo": 1 / Double(configuration.dFF)
            default: 1 / dModel
            }
        return variance.squareRoot()
    }
}

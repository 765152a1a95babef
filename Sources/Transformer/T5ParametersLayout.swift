/// Offsets of the tensors of one encoder layer.
///
/// `q`, `k` and `v` are adjacent: together one `[3·inner, dModel]`.
package struct EncoderLayerOffsets: Sendable, Equatable {
    package var selfAttentionNorm = 0
    package var q = 0
    package var k = 0
    package var v = 0
    package var o = 0
    package var feedForwardNorm = 0
    package var wi = 0
    package var wo = 0
}

/// Offsets of the tensors of one decoder layer.
///
/// `q`, `k` and `v` are adjacent, and so are `crossK` and `crossV`.
package struct DecoderLayerOffsets: Sendable, Equatable {
    package var selfAttentionNorm = 0
    package var q = 0
    package var k = 0
    package var v = 0
    package var o = 0
    package var crossAttentionNorm = 0
    package var crossQ = 0
    package var crossK = 0
    package var crossV = 0
    package var crossO = 0
    package var feedForwardNorm = 0
    package var wi = 0
    package var wo = 0
}

/// Offsets of the tensors outside the layers.
package struct TopOffsets: Sendable, Equatable {
    package var sharedEmbedding = 0
    /// `[buckets, numHeads]`, used by every encoder layer.
    package var encoderRelativeBias = 0
    package var encoderFinalNorm = 0
    /// `[buckets, numHeads]`, used by every decoder layer's self-attention.
    package var decoderRelativeBias = 0
    package var decoderFinalNorm = 0
    /// The output head `[vocabulary, dModel]`; equal to `sharedEmbedding` when tied.
    package var head = 0
    package var valueWeight = 0
    package var valueBias = 0
}

/// Lays the tensors of a configuration out one after another.
struct ParameterLayout {
    private(set) var entries: [T5Parameters.Entry] = []
    private(set) var count = 0
    private(set) var top = TopOffsets()
    private(set) var encoderLayers: [EncoderLayerOffsets] = []
    private(set) var decoderLayers: [DecoderLayerOffsets] = []
    private let configuration: T5Configuration

    init(_ configuration: T5Configuration) {
        self.configuration = configuration
        let dModel = configuration.dModel
        top.sharedEmbedding = add("shared.weight", [configuration.vocabularySize, dModel])
        for layer in 0..<configuration.numEncoderLayers { addEncoderLayer(layer) }
        top.encoderFinalNorm = add("encoder.final_layer_norm.weight", [dModel])
        for layer in 0..<configuration.numDecoderLayers { addDecoderLayer(layer) }
        top.decoderFinalNorm = add("decoder.final_layer_norm.weight", [dModel])
        top.head =
            configuration.tieWordEmbeddings
            ? top.sharedEmbedding : add("lm_head.weight", [configuration.vocabularySize, dModel])
        top.valueWeight = add("value_head.weight", [1, dModel])
        top.valueBias = add("value_head.bias", [1])
    }

    private mutating func add(_ name: String, _ shape: [Int]) -> Int {
        let offset = count
        let size = shape.reduce(1, *)
        entries.append(.init(name: name, shape: shape, offset: offset, count: size))
        count += size
        return offset
    }

    private mutating func addAttention(_ prefix: String) -> (q: Int, k: Int, v: Int, o: Int) {
        let (inner, dModel) = (configuration.innerWidth, configuration.dModel)
        return (
            add("\(prefix).q.weight", [inner, dModel]), add("\(prefix).k.weight", [inner, dModel]),
            add("\(prefix).v.weight", [inner, dModel]), add("\(prefix).o.weight", [dModel, inner])
        )
    }

    private mutating func addRelativeBias(_ prefix: String) -> Int {
        add(
            "\(prefix).relative_attention_bias.weight",
            [configuration.relativeAttentionBuckets, configuration.numHeads]
        )
    }

    private mutating func addFeedForward(_ prefix: String) -> (wi: Int, wo: Int, norm: Int) {
        let (dModel, dFF) = (configuration.dModel, configuration.dFF)
        return (
            add("\(prefix).DenseReluDense.wi.weight", [dFF, dModel]),
            add("\(prefix).DenseReluDense.wo.weight", [dModel, dFF]), add("\(prefix).layer_norm.weight", [dModel])
        )
    }

    private mutating func addEncoderLayer(_ layer: Int) {
        let block = "encoder.block.\(layer).layer"
        var offsets = EncoderLayerOffsets()
        (offsets.q, offsets.k, offsets.v, offsets.o) = addAttention("\(block).0.SelfAttention")
        if layer == 0 { top.encoderRelativeBias = addRelativeBias("\(block).0.SelfAttention") }
        offsets.selfAttentionNorm = add("\(block).0.layer_norm.weight", [configuration.dModel])
        (offsets.wi, offsets.wo, offsets.feedForwardNorm) = addFeedForward("\(block).1")
        encoderLayers.append(offsets)
    }

    private mutating func addDecoderLayer(_ layer: Int) {
        let block = "decoder.block.\(layer).layer"
        var offsets = DecoderLayerOffsets()
        (offsets.q, offsets.k, offsets.v, offsets.o) = addAttention("\(block).0.SelfAttention")
        if layer == 0 { top.decoderRelativeBias = addRelativeBias("\(block).0.SelfAttention") }
        offsets.selfAttentionNorm = add("\(block).0.layer_norm.weight", [configuration.dModel])
        (offsets.crossQ, offsets.crossK, offsets.crossV, offsets.crossO) = addAttention("\(block).1.EncDecAttention")
        offsets.crossAttentionNorm = add("\(block).1.layer_norm.weight", [configuration.dModel])
        (offsets.wi, offsets.wo, offsets.feedForwardNorm) = addFeedForward("\(block).2")
        decoderLayers.append(offsets)
    }
}

import Tensors
import Testing
import Transformer

struct ParametersTests {
    private static let tied = T5Configuration(
        dModel: 8,
        dKV: 4,
        dFF: 16,
        numEncoderLayers: 2,
        numDecoderLayers: 1,
        numHeads: 3,
        vocabularySize: 20
    )

    @Test func theTableCoversTheBufferWithoutGaps() {
        var configuration = Self.tied
        configuration.tieWordEmbeddings = false
        let parameters = T5Parameters(configuration: configuration)
        var end = 0
        for entry in parameters.entries {
            #expect(entry.offset == end)
            #expect(entry.count == entry.shape.reduce(1, *))
            end += entry.count
        }
        #expect(end == parameters.buffer.count)
        #expect(Set(parameters.entries.map(\.name)).count == parameters.entries.count)
        #expect(parameters.entry(named: "lm_head.weight")?.offset == parameters.offsets.head)
    }

    /// 20·8 + 2·(4·12·8 + 8 + 2·8·16 + 8) + 32·3 + 8 + (8·12·8 + 2·8·16 + 3·8) + 32·3 + 8 + 8 + 1 = 2,737.
    @Test func theTiedModelHasTheNamesShapesAndSizeOfTheOriginal() {
        let parameters = T5Parameters(configuration: Self.tied)
        #expect(parameters.buffer.count == 2737)
        #expect(parameters.entry(named: "lm_head.weight") == nil)
        #expect(parameters.offsets.head == parameters.offsets.sharedEmbedding)
        let shapes: [(String, [Int], Int)] = [
            ("shared.weight", [20, 8], parameters.offsets.sharedEmbedding),
            ("encoder.block.1.layer.0.SelfAttention.v.weight", [12, 8], parameters.encoderLayer(1).v),
            ("encoder.block.1.layer.1.DenseReluDense.wo.weight", [8, 16], parameters.encoderLayer(1).wo),
            (
                "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", [32, 3],
                parameters.offsets.encoderRelativeBias
            ),
            ("decoder.block.0.layer.1.EncDecAttention.o.weight", [8, 12], parameters.decoderLayer(0).crossO),
            ("decoder.block.0.layer.1.layer_norm.weight", [8], parameters.decoderLayer(0).crossAttentionNorm),
            ("decoder.block.0.layer.2.DenseReluDense.wi.weight", [16, 8], parameters.decoderLayer(0).wi),
            ("decoder.final_layer_norm.weight", [8], parameters.offsets.decoderFinalNorm),
            ("value_head.weight", [1, 8], parameters.offsets.valueWeight),
            ("value_head.bias", [1], parameters.offsets.valueBias),
        ]
        for (name, shape, offset) in shapes {
            #expect(parameters.entry(named: name)?.shape == shape, "\(name)")
            #expect(parameters.entry(named: name)?.offset == offset, "\(name)")
        }
        #expect(
            parameters.entry(named: "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight") == nil
        )
        let layer = parameters.encoderLayer(0)
        #expect(layer.k == layer.q + 96 && layer.v == layer.k + 96)
        let cross = parameters.decoderLayer(0)
        #expect(cross.crossV == cross.crossK + 96)
    }

    @Test func theDigestNamesTheWeights() {
        let parameters = T5Parameters.random(configuration: Self.tied, seed: 7)
        let copy = parameters.copy()
        #expect(copy.digest() == parameters.digest())
        #expect(T5Parameters.random(configuration: Self.tied, seed: 7).digest() == parameters.digest())
        #expect(T5Parameters.random(configuration: Self.tied, seed: 8).digest() != parameters.digest())
        unsafe copy.pointer(copy.buffer.count - 1).pointee += 1
        #expect(copy.digest() != parameters.digest())
    }

    /// Heads 0 to 3 of the encoder: back, forward, both, anywhere; head 4 is as head 0, half as steep.
    ///
    /// Buckets 0 … 7 of each direction are distances, 8 is around 8·16^(1/16) = 9.51.
    @Test func nearPositionBiasesFallWithTheDistance() throws {
        func mean(_ bucket: Int, _ head: Int, encoder: Bool = true) -> Double {
            PositionBiasStart.near.mean(bucket: bucket, head: head, isEncoder: encoder, buckets: 32, maxDistance: 128)
        }
        #expect((0...2).map { mean($0, 0) } == [0, -1, -2])
        #expect((0...2).map { mean($0, 4) } == [0, -0.5, -1])
        #expect((17...19).map { mean($0, 0) }.map { ($0 * 10).rounded() } == [-61, -62, -63])
        #expect([0, 17, 18].map { mean($0, 1) } == [0, -1, -2])
        #expect((mean(1, 1) * 10).rounded() == -61)
        #expect(mean(2, 2) == -0.3 && mean(18, 2) == -0.3)
        #expect((0..<32).allSatisfy { mean($0, 3) == 0 && mean($0, 3, encoder: false) == 0 })
        #expect((mean(8, 0) * 100).rounded() == -951)
        #expect((0...2).map { mean(8, $0, encoder: false) } == [-8, -2, -0.5])
    }

    @Test func nearPositionBiasesAreAddedToWhatIsDrawn() throws {
        let drawn = T5Parameters.random(configuration: Self.tied, seed: 7)
        let near = T5Parameters.random(configuration: Self.tied, seed: 7, positionBias: .near)
        let heads = Self.tied.numHeads
        for entry in drawn.entries {
            for i in 0..<entry.count {
                let added = unsafe near.pointer(entry.offset + i).pointee - drawn.pointer(entry.offset + i).pointee
                guard entry.name.hasSuffix("relative_attention_bias.weight") else {
                    #expect(added == 0, "\(entry.name)")
                    continue
                }
                let expected = PositionBiasStart.near.mean(
                    bucket: i / heads,
                    head: i % heads,
                    isEncoder: entry.name.hasPrefix("encoder"),
                    buckets: Self.tied.relativeAttentionBuckets,
                    maxDistance: Self.tied.relativeAttentionMaxDistance
                )
                #expect(abs(Double(added) - expected) < 1e-5, "\(entry.name) \(i)")
            }
        }
    }

    /// q of (dModel·dKV)^−½, wo of dFF^−½, embedding 1; 10,000 draws or more keep the deviation within 3 %.
    @Test func theInitialisationHasThePublishedDeviations() throws {
        let configuration = T5Configuration(
            dModel: 64,
            dKV: 32,
            dFF: 256,
            numEncoderLayers: 1,
            numDecoderLayers: 1,
            numHeads: 8,
            vocabularySize: 300
        )
        let parameters = T5Parameters.random(configuration: configuration, seed: 1)
        for (name, expected) in [
            ("shared.weight", 1), ("encoder.block.0.layer.0.SelfAttention.q.weight", 0.022097),
            ("decoder.block.0.layer.1.EncDecAttention.k.weight", 0.125),
            ("decoder.block.0.layer.1.EncDecAttention.o.weight", 0.0625),
            ("decoder.block.0.layer.2.DenseReluDense.wi.weight", 0.125),
            ("decoder.block.0.layer.2.DenseReluDense.wo.weight", 0.0625),
        ] {
            let entry = try #require(parameters.entry(named: name))
            let values = (0..<entry.count).map { unsafe Double(parameters.pointer(entry.offset + $0).pointee) }
            let deviation = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
            #expect(abs(deviation / expected - 1) < 0.03, "\(name): \(deviation)")
        }
        #expect(unsafe parameters.pointer(parameters.offsets.encoderFinalNorm).pointee == 1)
        #expect(unsafe parameters.pointer(parameters.offsets.valueWeight).pointee == 0)
    }
}

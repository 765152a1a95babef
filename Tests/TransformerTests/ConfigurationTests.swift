import Foundation
import Testing
import Transformer

struct ConfigurationTests {
    private static let minimal =
        #""d_model":8,"d_kv":4,"d_ff":16,"num_layers":2,"num_heads":3,"vocab_size":20"#

    @Test func aConfigurationSurvivesTheRoundTrip() throws {
        let configuration = T5Configuration(
            dModel: 48,
            dKV: 20,
            dFF: 100,
            numEncoderLayers: 3,
            numDecoderLayers: 2,
            numHeads: 5,
            vocabularySize: 777,
            relativeAttentionBuckets: 16,
            relativeAttentionMaxDistance: 64,
            layerNormEpsilon: 1e-5,
            tieWordEmbeddings: false,
            padTokenID: 3,
            eosTokenID: 4,
            decoderStartTokenID: 5,
            dropoutRate: 0.25
        )
        #expect(try T5Configuration(huggingFaceJSON: configuration.huggingFaceJSON()) == configuration)
    }

    @Test func absentFieldsHaveTheValuesOfTransformers() throws {
        let configuration = try T5Configuration(huggingFaceJSON: Data("{\(Self.minimal)}".utf8))
        #expect(configuration.numDecoderLayers == 2)
        #expect(configuration.relativeAttentionBuckets == 32)
        #expect(configuration.relativeAttentionMaxDistance == 128)
        #expect(configuration.layerNormEpsilon == 1e-6)
        #expect(configuration.tieWordEmbeddings)
        #expect([configuration.padTokenID, configuration.eosTokenID, configuration.decoderStartTokenID] == [0, 1, 0])
        #expect(configuration.innerWidth == 12)
    }

    @Test(arguments: [
        (#""feed_forward_proj":"gated-gelu""#, #"field "feed_forward_proj": expected "relu", found "gated-gelu""#),
        (#""model_type":"bart""#, #"field "model_type": expected "t5", found "bart""#),
        (#""d_model":"8""#, #"field "d_model": expected a positive whole number, found "8""#),
        (#""d_ff":0"#, #"field "d_ff": expected a positive whole number, found 0"#),
        (#""num_heads":2.5"#, #"field "num_heads": expected a positive whole number, found 2.5"#),
        (#""eos_token_id":[1,2]"#, #"field "eos_token_id": expected one token id, found a list or an object"#),
        (#""eos_token_id":20"#, #"field "eos_token_id": expected 0 ..< 20, found 20"#),
        (#""tie_word_embeddings":1"#, #"field "tie_word_embeddings": expected true or false, found 1"#),
        (#""layer_norm_epsilon":-1"#, #"field "layer_norm_epsilon": expected a number of at least 0, found -1"#),
        (#""relative_attention_num_buckets":7"#, #"expected an even number of at least 4, found 7"#),
    ])
    func aFieldThatCannotBeIsNamed(field: String, message: String) throws {
        let name = field.split(separator: ":")[0]
        let rest = Self.minimal.split(separator: ",").filter { !$0.hasPrefix("\(name):") }.joined(separator: ",")
        let error = #expect(throws: TransformerError.self) {
            try T5Configuration(huggingFaceJSON: Data("{\(rest),\(field)}".utf8), file: "m/config.json")
        }
        #expect(error?.description.hasPrefix("m/config.json: ") == true)
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test func whatIsNotAnObjectIsRefused() {
        #expect(throws: TransformerError.unusableFile(path: "config.json", reason: "expected a JSON object")) {
            try T5Configuration(huggingFaceJSON: Data("[1".utf8))
        }
    }

    @Test(arguments: [
        (SamplingSettings(temperature: 0, maximumLength: 4), "temperature"),
        (SamplingSettings(temperature: .nan, maximumLength: 4), "temperature"),
        (SamplingSettings(topK: -1, maximumLength: 4), "topK"),
        (SamplingSettings(topP: 0, maximumLength: 4), "topP"),
        (SamplingSettings(topP: 1.01, maximumLength: 4), "topP"),
        (SamplingSettings(maximumLength: 0), "maximumLength"),
        (SamplingSettings(minimumLength: 5, maximumLength: 4), "minimumLength"),
    ])
    func aSettingOutOfRangeIsNamed(settings: SamplingSettings, field: String) {
        let error = #expect(throws: TransformerError.self) { try settings.validate() }
        #expect(error?.description.hasPrefix("sampling setting \(field): ") == true)
    }

    @Test func theOrdinarySettingsAreValid() throws {
        try SamplingSettings(maximumLength: 1).validate()
        try SamplingSettings(temperature: 0.2, topK: 5, topP: 0.5, minimumLength: 4, maximumLength: 4).validate()
    }
}

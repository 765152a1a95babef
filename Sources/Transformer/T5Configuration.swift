package import Foundation

/// The shape of a T5 version 1.0 model, as CodeT5 uses it: ReLU feed-forward, RMSNorm, relative position buckets.
///
/// Source: Raffel et al. 2020, "Exploring the limits of transfer learning", section 2.1.
package struct T5Configuration: Sendable, Equatable {
    /// Width of the residual stream.
    package var dModel: Int
    /// Width of one attention head; need not be `dModel / numHeads`.
    package var dKV: Int
    /// Width of the hidden layer of the feed-forward network.
    package var dFF: Int
    package var numEncoderLayers: Int
    package var numDecoderLayers: Int
    package var numHeads: Int
    package var vocabularySize: Int
    /// Number of buckets of the relative position bias.
    package var relativeAttentionBuckets: Int
    /// Distance from which on all positions share the last bucket.
    package var relativeAttentionMaxDistance: Int
    package var layerNormEpsilon: Float
    /// Whether the output head is the embedding, scaled by `dModel`^−½.
    package var tieWordEmbeddings: Bool
    package var padTokenID: Int32
    package var eosTokenID: Int32
    /// The token the decoder sees before the first token of the completion.
    package var decoderStartTokenID: Int32
    /// The rate the model was trained with; only carried from file to file.
    package var dropoutRate: Float

    /// Width of all heads together: `numHeads · dKV`.
    package var innerWidth: Int { numHeads * dKV }

    /// A configuration with T5's own constants where none are given.
    package init(
        dModel: Int,
        dKV: Int,
        dFF: Int,
        numEncoderLayers: Int,
        numDecoderLayers: Int,
        numHeads: Int,
        vocabularySize: Int,
        relativeAttentionBuckets: Int = 32,
        relativeAttentionMaxDistance: Int = 128,
        layerNormEpsilon: Float = 1e-6,
        tieWordEmbeddings: Bool = true,
        padTokenID: Int32 = 0,
        eosTokenID: Int32 = 2,
        decoderStartTokenID: Int32 = 0,
        dropoutRate: Float = 0.1
    ) {
        self.dModel = dModel
        self.dKV = dKV
        self.dFF = dFF
        self.numEncoderLayers = numEncoderLayers
        self.numDecoderLayers = numDecoderLayers
        self.numHeads = numHeads
        self.vocabularySize = vocabularySize
        self.relativeAttentionBuckets = relativeAttentionBuckets
        self.relativeAttentionMaxDistance = relativeAttentionMaxDistance
        self.layerNormEpsilon = layerNormEpsilon
        self.tieWordEmbeddings = tieWordEmbeddings
        self.padTokenID = padTokenID
        self.eosTokenID = eosTokenID
        self.decoderStartTokenID = decoderStartTokenID
        self.dropoutRate = dropoutRate
    }

    /// Reads the bytes of a Hugging Face `config.json`.
    ///
    /// - Throws: `TransformerError.configuration` naming the field; gated feed-forward networks (T5 version 1.1) are
    ///   refused, because they have other weights.
    package init(huggingFaceJSON data: Data, file: String = "config.json") throws(TransformerError) {
        let fields = try ConfigurationFields(data: data, file: file)
        try fields.require("model_type", "t5", default: "t5")
        try fields.require("feed_forward_proj", "relu", default: "relu")
        let layers = try fields.count("num_layers")
        self.init(
            dModel: try fields.count("d_model"),
            dKV: try fields.count("d_kv"),
            dFF: try fields.count("d_ff"),
            numEncoderLayers: layers,
            numDecoderLayers: try fields.count("num_decoder_layers", default: layers),
            numHeads: try fields.count("num_heads"),
            vocabularySize: try fields.count("vocab_size"),
            relativeAttentionBuckets: try fields.count("relative_attention_num_buckets", default: 32),
            relativeAttentionMaxDistance: try fields.count("relative_attention_max_distance", default: 128),
            layerNormEpsilon: try fields.number("layer_norm_epsilon", default: 1e-6),
            tieWordEmbeddings: try fields.flag("tie_word_embeddings", default: true),
            padTokenID: try fields.token("pad_token_id", default: 0),
            eosTokenID: try fields.token("eos_token_id", default: 1),
            decoderStartTokenID: try fields.token("decoder_start_token_id", default: 0),
            dropoutRate: try fields.number("dropout_rate", default: 0.1)
        )
        try checkRanges(file: file)
    }

    private func checkRanges(file: String) throws(TransformerError) {
        for (field, id) in [
            ("pad_token_id", padTokenID), ("eos_token_id", eosTokenID),
            ("decoder_start_token_id", decoderStartTokenID),
        ] where id < 0 || Int(id) >= vocabularySize {
            throw .configuration(file: file, field: field, expected: "0 ..< \(vocabularySize)", found: "\(id)")
        }
        if relativeAttentionBuckets < 4 || relativeAttentionBuckets % 2 != 0 {
            throw .configuration(
                file: file,
                field: "relative_attention_num_buckets",
                expected: "an even number of at least 4",
                found: "\(relativeAttentionBuckets)"
            )
        }
        if relativeAttentionMaxDistance <= relativeAttentionBuckets / 2 {
            throw .configuration(
                file: file,
                field: "relative_attention_max_distance",
                expected: "more than half of relative_attention_num_buckets",
                found: "\(relativeAttentionMaxDistance)"
            )
        }
    }

    /// The bytes of a Hugging Face `config.json` for this model.
    package func huggingFaceJSON() -> Data {
        let lines = [
            "\"architectures\": [\"T5ForConditionalGeneration\"]",
            "\"d_ff\": \(dFF)", "\"d_kv\": \(dKV)", "\"d_model\": \(dModel)",
            "\"decoder_start_token_id\": \(decoderStartTokenID)", "\"dropout_rate\": \(dropoutRate)",
            "\"eos_token_id\": \(eosTokenID)", "\"feed_forward_proj\": \"relu\"", "\"initializer_factor\": 1.0",
            "\"is_encoder_decoder\": true", "\"layer_norm_epsilon\": \(layerNormEpsilon)", "\"model_type\": \"t5\"",
            "\"num_decoder_layers\": \(numDecoderLayers)", "\"num_heads\": \(numHeads)",
            "\"num_layers\": \(numEncoderLayers)", "\"pad_token_id\": \(padTokenID)",
            "\"relative_attention_max_distance\": \(relativeAttentionMaxDistance)",
            "\"relative_attention_num_buckets\": \(relativeAttentionBuckets)",
            "\"tie_word_embeddings\": \(tieWordEmbeddings)", "\"torch_dtype\": \"float32\"", "\"use_cache\": true",
            "\"vocab_size\": \(vocabularySize)",
        ]
        return Data(("{\n  " + lines.joined(separator: ",\n  ") + "\n}\n").utf8)
    }
}

/// Typed access to the fields of a `config.json`, with errors that name the field.
private struct ConfigurationFields {
    private enum Value: Decodable {
        case number(Double), flag(Bool), text(String), null, other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let value = try? container.decode(Bool.self) {
                self = .flag(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else if let value = try? container.decode(String.self) {
                self = .text(value)
            } else {
                self = .other
            }
        }

        var text: String {
            switch self {
            case .number(let value): value == value.rounded() ? String(format: "%.0f", value) : "\(value)"
            case .flag(let value): "\(value)"
            case .text(let value): "\"\(value)\""
            case .null: "null"
            case .other: "a list or an object"
            }
        }
    }

    private let values: [String: Value]
    private let file: String

    init(data: Data, file: String) throws(TransformerError) {
        do {
            values = try JSONDecoder().decode([String: Value].self, from: data)
        } catch {
            throw .unusableFile(path: file, reason: "expected a JSON object")
        }
        self.file = file
    }

    private func refused(_ field: String, _ expected: String) -> TransformerError {
        .configuration(file: file, field: field, expected: expected, found: values[field]?.text ?? "nothing")
    }

    /// The value of `field`; null counts as absent.
    private func value(_ field: String) -> Value? {
        guard let value = values[field] else { return nil }
        if case .null = value { return nil }
        return value
    }

    func require(_ field: String, _ wanted: String, default absent: String) throws(TransformerError) {
        guard let value = value(field) else {
            if absent == wanted { return }
            throw refused(field, "\"\(wanted)\"")
        }
        guard case .text(wanted) = value else { throw refused(field, "\"\(wanted)\"") }
    }

    func count(_ field: String, default absent: Int? = nil) throws(TransformerError) -> Int {
        if let absent, value(field) == nil { return absent }
        guard case .number(let number)? = value(field), let count = Int(exactly: number), count > 0, count < 1 << 30
        else { throw refused(field, "a positive whole number") }
        return count
    }

    func token(_ field: String, default absent: Int32) throws(TransformerError) -> Int32 {
        guard let value = value(field) else { return absent }
        guard case .number(let number) = value, let id = Int32(exactly: number) else {
            throw refused(field, "one token id")
        }
        return id
    }

    func number(_ field: String, default absent: Float) throws(TransformerError) -> Float {
        guard let value = value(field) else { return absent }
        guard case .number(let number) = value, number >= 0, number.isFinite else {
            throw refused(field, "a number of at least 0")
        }
        return Float(number)
    }

    func flag(_ field: String, default absent: Bool) throws(TransformerError) -> Bool {
        guard let value = value(field) else { return absent }
        guard case .flag(let flag) = value else { throw refused(field, "true or false") }
        return flag
    }
}

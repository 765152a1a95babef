import Foundation

/// Reads a JSON object of tokens and ids.
func decodeVocabulary(_ data: Data, file: String) throws(TokenizationError) -> [(content: String, id: Int32)] {
    do {
        return try JSONDecoder().decode([String: Int32].self, from: data).map { ($0.key, $0.value) }
    } catch {
        throw .malformed(file: file, line: nil, field: "vocabulary", expected: "an object of tokens and their ids")
    }
}

extension BytePairModel {
    /// Reads `vocab.json` and `merges.txt`.
    init(vocabulary: Data, merges: Data) throws(TokenizationError) {
        tokens = try Self.tokens(decodeVocabulary(vocabulary, file: TokenizerFile.vocabulary))
        var pairs: [Pair] = []
        var lineNumbers: [Int] = []
        for (index, line) in merges.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        {
            let text = String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            if text.isEmpty || text.hasPrefix("#version") { continue }
            let parts = text.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw .malformed(
                    file: TokenizerFile.merges,
                    line: index + 1,
                    field: "merge",
                    expected: "two tokens with a space between them"
                )
            }
            pairs.append(Pair(left: String(parts[0]), right: String(parts[1])))
            lineNumbers.append(index + 1)
        }
        self.merges = pairs
        self.lineNumbers = lineNumbers
    }

    /// Puts `vocabulary` in the order of its ids.
    static func tokens(
        _ vocabulary: [(content: String, id: Int32)],
        file: String = TokenizerFile.vocabulary
    ) throws(TokenizationError) -> [String?] {
        // An id far beyond the number of tokens is a damaged file, not a vocabulary to make room for.
        let limit = max(1 << 20, 4 * vocabulary.count)
        guard let largest = vocabulary.map(\.id).max() else {
            throw .malformed(file: file, line: nil, field: "vocabulary", expected: "at least one token")
        }
        guard vocabulary.allSatisfy({ $0.id >= 0 }), Int(largest) < limit else {
            throw .malformed(file: file, line: nil, field: "ids", expected: "numbers from 0 to less than \(limit)")
        }
        var tokens = [String?](repeating: nil, count: Int(largest) + 1)
        for (content, id) in vocabulary {
            guard tokens[Int(id)] == nil else {
                throw .malformed(file: file, line: nil, field: "id \(id)", expected: "one token for each id")
            }
            tokens[Int(id)] = content
        }
        return tokens
    }
}

/// An added token as `tokenizer.json` and `tokenizer_config.json` describe it.
struct AddedTokenDescription: Codable {
    var id: Int32?
    var content: String
    var lstrip: Bool?
    var rstrip: Bool?
    var single_word: Bool?
    var normalized: Bool?
    var special: Bool?

    func token(id: Int32, file: String) throws(TokenizationError) -> SpecialToken {
        guard single_word != true else {
            throw .unsupported(file: file, field: "single_word of \(content)", found: "true", expected: "false")
        }
        return SpecialToken(
            content: content,
            id: id,
            takesSpaceBefore: lstrip ?? false,
            takesSpaceAfter: rstrip ?? false,
            isSpecial: special ?? true
        )
    }
}

/// The parts of `tokenizer.json` that a byte-level BPE has.
struct TokenizerDocument {
    private struct Component: Decodable {
        var type: String
        var add_prefix_space: Bool?
    }

    private struct Model: Decodable {
        var type: String?
        var vocab: [String: Int32]
        var merges: [Merge]
    }

    /// A merge: `"a b"`, or `["a", "b"]` since version 0.20 of the library.
    private struct Merge: Decodable {
        let pair: BytePairModel.Pair

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            var parts: [String]
            if let text = try? container.decode(String.self) {
                parts = text.unicodeScalars.split(separator: " ").map { String($0) }
            } else {
                parts = try container.decode([String].self)
            }
            guard parts.count == 2 else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "a merge has two tokens")
            }
            pair = BytePairModel.Pair(left: parts[0], right: parts[1])
        }
    }

    private struct Document: Decodable {
        var added_tokens: [AddedTokenDescription]?
        var normalizer: Component?
        var pre_tokenizer: Component?
        var model: Model
    }

    private let document: Document

    init(data: Data) throws(TokenizationError) {
        let file = TokenizerFile.tokenizer
        do {
            document = try JSONDecoder().decode(Document.self, from: data)
        } catch {
            throw .malformed(
                file: file,
                line: nil,
                field: "model",
                expected: "a byte-level BPE tokenizer with model.vocab and model.merges"
            )
        }
        func check(_ field: String, _ found: String?, _ expected: String) throws(TokenizationError) {
            guard let found, found != expected else { return }
            throw .unsupported(file: file, field: field, found: found, expected: expected)
        }
        try check("model.type", document.model.type, "BPE")
        try check("normalizer", document.normalizer?.type, "null")
        try check("pre_tokenizer", document.pre_tokenizer?.type, "ByteLevel")
        if document.pre_tokenizer?.add_prefix_space == true {
            throw .unsupported(file: file, field: "add_prefix_space", found: "true", expected: "false")
        }
    }

    func model() throws(TokenizationError) -> BytePairModel {
        let file = TokenizerFile.tokenizer
        var model = BytePairModel(
            tokens: try BytePairModel.tokens(document.model.vocab.map { ($0.key, $0.value) }, file: file),
            merges: document.model.merges.map(\.pair)
        )
        (model.vocabularyFile, model.mergesFile) = (file, file)
        return model
    }

    func addedTokens() throws(TokenizationError) -> [SpecialToken] {
        var tokens: [SpecialToken] = []
        for description in document.added_tokens ?? [] {
            guard let id = description.id, id >= 0 else {
                throw .malformed(
                    file: TokenizerFile.tokenizer,
                    line: nil,
                    field: "added_tokens",
                    expected: "an id for \(description.content)"
                )
            }
            tokens.append(try description.token(id: id, file: TokenizerFile.tokenizer))
        }
        return tokens
    }
}

/// The parts of `tokenizer_config.json` that matter here: the class for `transformers`, and the added tokens.
struct TokenizerConfiguration: Codable {
    private var tokenizer_class: String?
    private var add_prefix_space: Bool?
    private var model_max_length: Int?
    private var added_tokens_decoder: [String: AddedTokenDescription]?

    /// The added tokens, by id.
    private(set) var addedTokens: [SpecialToken] = []

    private enum CodingKeys: String, CodingKey {
        case tokenizer_class, add_prefix_space, added_tokens_decoder
    }

    init(data: Data) throws(TokenizationError) {
        let file = TokenizerFile.tokenizerConfiguration
        do {
            self = try JSONDecoder().decode(TokenizerConfiguration.self, from: data)
        } catch {
            throw .malformed(
                file: file,
                line: nil,
                field: "added_tokens_decoder",
                expected: "an object of ids and tokens"
            )
        }
        for (key, description) in added_tokens_decoder ?? [:] {
            guard let id = Int32(key), id >= 0 else {
                throw .malformed(file: file, line: nil, field: "added_tokens_decoder", expected: "ids, not «\(key)»")
            }
            addedTokens.append(try description.token(id: id, file: file))
        }
    }

    /// The description of `tokenizer` that makes `transformers` read it as we do.
    init(of tokenizer: Tokenizer, added: [SpecialToken]) {
        tokenizer_class = "RobertaTokenizer"
        add_prefix_space = false
        let described = tokenizer.specialTokens.map { token in
            (
                String(token.id),
                AddedTokenDescription(
                    content: token.content,
                    lstrip: token.takesSpaceBefore,
                    rstrip: token.takesSpaceAfter,
                    single_word: false,
                    normalized: false,
                    special: token.isSpecial
                )
            )
        }
        added_tokens_decoder = Dictionary(uniqueKeysWithValues: described)
    }
}

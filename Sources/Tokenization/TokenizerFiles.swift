package import Foundation

extension Tokenizer {
    /// The special tokens of a RoBERTa vocabulary, which text may name.
    static let namedTokens = ["<pad>", "<s>", "</s>", "<unk>", "<mask>"]

    /// T5's sentinels in the order in which CodeT5 adds them: `<extra_id_99>` first, `<extra_id_0>` last.
    package static func sentinelTokens(count: Int = 100) -> [String] {
        (0..<count).reversed().map { "<extra_id_\($0)>" }
    }

    /// Reads a tokenizer from a Hugging Face directory: `vocab.json` with `merges.txt`, or `tokenizer.json`.
    ///
    /// When `config.json` counts 100 tokens more than there are, the directory is CodeT5's and its 100 sentinels are
    /// added.
    ///
    /// - Parameters:
    ///   - directory: The folder of a model or of a tokenizer alone.
    ///   - additionalSpecialTokens: Tokens to add after the last id, in order; those that exist are left alone.
    /// - Throws: `TokenizationError` naming the file and the field.
    package init(directory: URL, additionalSpecialTokens: [String] = []) throws(TokenizationError) {
        try self.init(
            files: tokenizerFiles(in: directory),
            additionalSpecialTokens: additionalSpecialTokens,
            location: directory.path
        )
    }

    /// Makes a tokenizer of the contents of its files, by name, as in `files()`.
    package init(files: [String: Data], additionalSpecialTokens: [String] = []) throws(TokenizationError) {
        try self.init(files: files, additionalSpecialTokens: additionalSpecialTokens, location: "tokenizer")
    }

    private init(
        files: [String: Data],
        additionalSpecialTokens: [String],
        location: String
    ) throws(TokenizationError) {
        let whole = try files[TokenizerFile.tokenizer].map(TokenizerDocument.init(data:))
        let model: BytePairModel
        if let vocabulary = files[TokenizerFile.vocabulary] {
            guard let merges = files[TokenizerFile.merges] else {
                throw .missingFile(file: TokenizerFile.merges, location: location)
            }
            model = try BytePairModel(vocabulary: vocabulary, merges: merges)
        } else if let whole {
            model = try whole.model()
        } else {
            throw .missingFile(file: TokenizerFile.vocabulary, location: location)
        }
        var special: [String: SpecialToken] = [:]
        for (id, content) in model.tokens.enumerated() {
            guard let content, Self.namedTokens.contains(content) else { continue }
            special[content] = SpecialToken(content: content, id: Int32(id), takesSpaceBefore: content == "<mask>")
        }
        if let data = files[TokenizerFile.addedTokens] {
            let added = try decodeVocabulary(data, file: TokenizerFile.addedTokens)
            for (content, id) in added where special[content] == nil {
                special[content] = SpecialToken(content: content, id: id)
            }
        }
        let configuration = try files[TokenizerFile.tokenizerConfiguration].map(TokenizerConfiguration.init(data:))
        for token in (configuration?.addedTokens ?? []) + (try whole?.addedTokens() ?? []) {
            special[token.content] = token
        }
        var size = max(model.tokens.count, Int(special.values.map(\.id).max() ?? -1) + 1)
        var additional = additionalSpecialTokens
        if try files[TokenizerFile.modelConfiguration].map(vocabularySize(inConfiguration:)) == size + 100,
            additional.isEmpty
        {
            additional = Self.sentinelTokens()
        }
        for content in additional where special[content] == nil {
            special[content] = SpecialToken(content: content, id: Int32(size))
            size += 1
        }
        try self.init(model: model, specialTokens: Array(special.values))
    }

    /// The files that make this tokenizer again, here or in `transformers`, by name.
    package func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        let entries = try model.tokens.enumerated().compactMap { id, token in
            try token.map { "\(String(decoding: try encoder.encode($0), as: UTF8.self)):\(id)" }
        }
        files[TokenizerFile.vocabulary] = Data("{\(entries.joined(separator: ","))}".utf8)
        let lines = ["#version: 0.2"] + model.merges.map { "\($0.left) \($0.right)" }
        files[TokenizerFile.merges] = Data((lines.joined(separator: "\n") + "\n").utf8)
        let added = specialTokens.filter { token in
            let id = Int(token.id)
            return id >= model.tokens.count || model.tokens[id] == nil
        }
        if !added.isEmpty {
            let entries = try added.map { token in
                "\(String(decoding: try encoder.encode(token.content), as: UTF8.self)):\(token.id)"
            }
            files[TokenizerFile.addedTokens] = Data("{\(entries.joined(separator: ","))}".utf8)
        }
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys, .prettyPrinted]
        files[TokenizerFile.tokenizerConfiguration] = try encoder.encode(TokenizerConfiguration(of: self, added: added))
        return files
    }

    /// Writes `files()` into `directory`, which is made when it is not there.
    package func write(to directory: URL) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for (name, data) in try files() {
            try data.write(to: directory.appendingPathComponent(name), options: .atomic)
        }
    }
}

/// The `vocab_size` of a model's `config.json`; nil when it has none.
private func vocabularySize(inConfiguration data: Data) throws(TokenizationError) -> Int? {
    struct Configuration: Decodable {
        var vocab_size: Int?
    }
    do {
        return try JSONDecoder().decode(Configuration.self, from: data).vocab_size
    } catch {
        throw .malformed(
            file: TokenizerFile.modelConfiguration,
            line: nil,
            field: "vocab_size",
            expected: "an object whose vocab_size is an integer"
        )
    }
}

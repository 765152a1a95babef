import Synchronization

/// Byte-level byte pair encoding, as GPT-2, RoBERTa and CodeT5 use it.
///
/// Every text, and every sequence of bytes, has an encoding, and decoding it gives the same bytes back.
package struct Tokenizer: Sendable {
    /// One more than the greatest token id.
    package let vocabularySize: Int
    /// The id of `<pad>`.
    package let padID: Int32
    /// The id of `<s>`, which starts a source.
    package let bosID: Int32
    /// The id of `</s>`, which ends a source and a completion.
    package let eosID: Int32
    /// The id of `<unk>`.
    package let unknownID: Int32
    /// The tokens that text may name, such as `<s>`, with those added to the vocabulary, in order of their ids.
    let specialTokens: [SpecialToken]
    let model: BytePairModel

    /// The bytes of each token; nil for an id that no token has.
    private let tokenBytes: [[UInt8]?]
    private let skipped: Set<Int32>
    private let mergeTable: MergeTable
    private let matcher: SpecialTokenMatcher
    private let preTokenizer = PreTokenizer()
    private let cache = PieceCache()

    /// Makes a tokenizer of a model and its special tokens.
    init(model: BytePairModel, specialTokens: [SpecialToken]) throws(TokenizationError) {
        self.model = model
        self.specialTokens = specialTokens.sorted { $0.id < $1.id }
        let ids = Dictionary(specialTokens.map { ($0.content, $0.id) }) { first, _ in first }
        func id(of token: String) throws(TokenizationError) -> Int32 {
            guard let id = ids[token] else {
                throw .missingToken(token: token, file: TokenizerFile.vocabulary)
            }
            return id
        }
        padID = try id(of: "<pad>")
        bosID = try id(of: "<s>")
        eosID = try id(of: "</s>")
        unknownID = try id(of: "<unk>")
        let size = max(model.tokens.count, (specialTokens.map { Int($0.id) }.max() ?? -1) + 1)
        vocabularySize = size
        var bytes = model.tokens.map { $0.map { ByteAlphabet.bytes(of: $0) ?? Array($0.utf8) } }
        bytes += [[UInt8]?](repeating: nil, count: size - bytes.count)
        for token in specialTokens { bytes[Int(token.id)] = Array(token.content.utf8) }
        tokenBytes = bytes
        skipped = Set(specialTokens.filter(\.isSpecial).map(\.id))
        mergeTable = try model.mergeTable()
        matcher = SpecialTokenMatcher(specialTokens)
    }

    /// The tokens of `text`; special tokens are found where the text names them and are not added.
    package func encode(_ text: String) -> [Int32] {
        let bytes = Array(text.utf8)
        return cache.table.withLock { table in
            var output: [Int32] = []
            output.reserveCapacity(bytes.count / 3)
            var start = 0
            while let (token, range) = matcher.next(in: bytes, from: start) {
                encode(bytes, in: start..<range.lowerBound, &table, &output)
                output.append(token.id)
                start = range.upperBound
            }
            encode(bytes, in: start..<bytes.count, &table, &output)
            return output
        }
    }

    /// The tokens of `bytes`, valid UTF-8 or not; special tokens are not looked for.
    package func encode(bytes: [UInt8]) -> [Int32] {
        cache.table.withLock { table in
            var output: [Int32] = []
            encode(bytes, in: 0..<bytes.count, &table, &output)
            return output
        }
    }

    private func encode(
        _ bytes: [UInt8],
        in range: Range<Int>,
        _ table: inout PieceCache.Table,
        _ output: inout [Int32]
    ) {
        preTokenizer.forEachPiece(of: bytes, in: range) { piece in
            guard piece.count <= PieceCache.Table.longestPiece else {
                output += mergeTable.encode(bytes[piece])
                return
            }
            let hash = PieceCache.Table.hash(bytes, piece)
            guard !table.append(bytes, piece, hash: hash, to: &output) else { return }
            let tokens = mergeTable.encode(bytes[piece])
            output += tokens
            table.insert(bytes, piece, hash: hash, tokens: tokens)
        }
    }

    /// The bytes that `ids` stand for; ids outside the vocabulary stand for nothing.
    package func decodeBytes(_ ids: [Int32], skipSpecialTokens: Bool = true) -> [UInt8] {
        var bytes: [UInt8] = []
        for id in ids {
            guard tokenBytes.indices.contains(Int(id)), let token = tokenBytes[Int(id)] else { continue }
            if skipSpecialTokens, skipped.contains(id) { continue }
            bytes += token
        }
        return bytes
    }

    /// The text that `ids` stand for; bytes that are not UTF-8 become U+FFFD.
    package func decode(_ ids: [Int32], skipSpecialTokens: Bool = true) -> String {
        String(decoding: decodeBytes(ids, skipSpecialTokens: skipSpecialTokens), as: UTF8.self)
    }

    /// `<s>` … `</s>` in at most `maximumLength` tokens: what is too long loses its end, never `</s>`.
    package func encodeSource(_ text: String, maximumLength: Int) -> [Int32] {
        precondition(maximumLength >= 2, "a source holds at least <s> and </s>")
        return [bosID] + encode(text).prefix(maximumLength - 2) + [eosID]
    }

    /// … `</s>` in at most `maximumLength` tokens: what is too long loses its end, never `</s>`.
    package func encodeTarget(_ text: String, maximumLength: Int) -> [Int32] {
        precondition(maximumLength >= 1, "a target holds at least </s>")
        return encode(text).prefix(maximumLength - 1) + [eosID]
    }
}

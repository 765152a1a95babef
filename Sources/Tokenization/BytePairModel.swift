/// A vocabulary with its merges, as its files write them.
struct BytePairModel: Sendable {
    /// One line of `merges.txt`.
    struct Pair: Sendable {
        let left: String
        let right: String
    }

    /// Tokens in the byte alphabet, by id; nil where the vocabulary has a gap.
    let tokens: [String?]
    /// Merges, the first learnt first.
    let merges: [Pair]
    /// The files that vocabulary and merges come from, for messages, and the line of the first merge.
    var vocabularyFile = TokenizerFile.vocabulary
    var mergesFile = TokenizerFile.merges
    var lineNumbers: [Int] = []

    /// The merges by token id.
    ///
    /// Fails when a byte, or a token that a merge names, is not in the vocabulary.
    func mergeTable() throws(TokenizationError) -> MergeTable {
        // Keyed by bytes: two spellings of one character are different tokens, but equal strings.
        var ids: [[UInt8]: Int32] = [:]
        for (id, token) in tokens.enumerated() {
            if let token { ids[Array(token.utf8)] = Int32(id) }
        }
        var byteTokens: [Int32] = []
        for byte in UInt8.min...UInt8.max {
            let text = ByteAlphabet.text(of: [byte])
            guard let id = ids[Array(text.utf8)] else {
                throw .missingToken(token: "\(text) (byte \(byte))", file: vocabularyFile)
            }
            byteTokens.append(id)
        }
        var table: [UInt64: MergeTable.Merge] = [:]
        table.reserveCapacity(merges.count)
        for (rank, pair) in merges.enumerated() {
            let (left, right) = (Array(pair.left.utf8), Array(pair.right.utf8))
            guard let leftID = ids[left], let rightID = ids[right], let result = ids[left + right] else {
                throw .malformed(
                    file: mergesFile,
                    line: lineNumbers.isEmpty ? nil : lineNumbers[rank],
                    field: "merge «\(pair.left) \(pair.right)»",
                    expected: "two tokens of \(vocabularyFile) that join to a third"
                )
            }
            // A pair that is written twice has the place of its last line, as in Hugging Face's reader.
            table[MergeTable.key(leftID, rightID)] = MergeTable.Merge(rank: Int32(rank), result: result)
        }
        return MergeTable(byteTokens: byteTokens, merges: table)
    }
}

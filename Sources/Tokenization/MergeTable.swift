import HeapModule

/// The learnt merges of byte pair encoding, and their application to one piece of text.
///
/// Source: Sennrich et al. 2016, <https://arxiv.org/abs/1508.07909>, section 3.2.
struct MergeTable: Sendable {
    /// One learnt merge: its place in the list, lower first, and the token it makes.
    struct Merge: Sendable {
        let rank: Int32
        let result: Int32
    }

    /// The token of each single byte.
    let byteTokens: [Int32]
    /// Left token in the high half of the key, right token in the low half.
    private let merges: [UInt64: Merge]

    init(byteTokens: [Int32], merges: [UInt64: Merge]) {
        precondition(byteTokens.count == 256, "one token for each byte")
        self.byteTokens = byteTokens
        self.merges = merges
    }

    static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The tokens of `piece`: the lowest-ranked pair is merged, leftmost first, until none is left.
    func encode(_ piece: ArraySlice<UInt8>) -> [Int32] {
        var tokens = piece.map { byteTokens[Int($0)] }
        return tokens.count < 32 ? encodeShort(&tokens) : encodeLong(tokens)
    }

    /// Looks at every pair for each merge: quadratic, and the fastest for a word.
    private func encodeShort(_ tokens: inout [Int32]) -> [Int32] {
        while tokens.count > 1 {
            var best: (merge: Merge, position: Int)?
            for position in 0..<tokens.count - 1 {
                guard let merge = merges[Self.key(tokens[position], tokens[position + 1])] else { continue }
                if let current = best, current.merge.rank <= merge.rank { continue }
                best = (merge, position)
            }
            guard let (merge, position) = best else { break }
            tokens[position] = merge.result
            tokens.remove(at: position + 1)
        }
        return tokens
    }

    /// A pair that may be merged, as it was when it was found.
    private struct Candidate: Comparable {
        let rank: Int32
        let position: Int32
        let result: Int32

        static func < (a: Candidate, b: Candidate) -> Bool { (a.rank, a.position) < (b.rank, b.position) }
    }

    /// Keeps the pairs in a heap and the tokens in a linked list: n log n, for pieces of any length.
    private func encodeLong(_ bytes: [Int32]) -> [Int32] {
        var tokens = bytes
        let end = tokens.count
        var previous = Array(-1..<end - 1)
        var next = Array(1...end)
        var heap = Heap<Candidate>()
        func candidate(at left: Int) -> Candidate? {
            guard left >= 0, next[left] < end else { return nil }
            guard let merge = merges[Self.key(tokens[left], tokens[next[left]])] else { return nil }
            return Candidate(rank: merge.rank, position: Int32(left), result: merge.result)
        }
        for left in 0..<end {
            if let pair = candidate(at: left) { heap.insert(pair) }
        }
        while let pair = heap.popMin() {
            let left = Int(pair.position)
            // The pair may have lost a member since; then its key no longer gives this merge.
            guard tokens[left] >= 0, let current = candidate(at: left), current.rank == pair.rank else { continue }
            let right = next[left]
            tokens[left] = pair.result
            tokens[right] = -1
            next[left] = next[right]
            if next[left] < end { previous[next[left]] = left }
            for neighbour in [previous[left], left] {
                if let pair = candidate(at: neighbour) { heap.insert(pair) }
            }
        }
        return tokens.filter { $0 >= 0 }
    }
}

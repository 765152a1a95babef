import HeapModule

extension Tokenizer {
    /// Learns a vocabulary of at most `vocabularySize` tokens from `corpus`.
    ///
    /// Ids 0…4 are `<pad>`, `<s>`, `</s>`, `<unk>`, `<mask>`; the 256 bytes follow in order, then one token for each
    /// merge. The most frequent pair is merged first; of equally frequent ones the first in the order of bytes. A pair
    /// that occurs once is not merged, so a small corpus gives a smaller vocabulary.
    ///
    /// - Parameters:
    ///   - corpus: The texts to learn from; their order does not matter.
    ///   - vocabularySize: At least 261, which is no merge at all.
    ///   - mergeDigits: When false, no merge ever joins a digit to a digit, or to the space before it: a number is one
    ///     token for each digit.
    /// - Returns: The tokenizer; the same corpus always gives the same.
    package static func train(corpus: [String], vocabularySize: Int, mergeDigits: Bool = true) -> Tokenizer {
        precondition(vocabularySize >= namedTokens.count + 256, "the vocabulary holds 5 special tokens and 256 bytes")
        var trainer = PairCounter(words: countPieces(of: corpus, digits: mergeDigits))
        var pairs: [BytePairModel.Pair] = []
        var tokens = namedTokens + ByteAlphabet.scalars.map { String($0) }
        var learnt: Set<[[UInt8]]> = []
        var known: Set<[UInt8]> = []
        while tokens.count < vocabularySize, let (left, right) = trainer.mergeBest() {
            // A pair comes back when one of its halves is made a second way; its first merge then does for both.
            guard learnt.insert([left, right]).inserted else { continue }
            pairs.append(BytePairModel.Pair(left: ByteAlphabet.text(of: left), right: ByteAlphabet.text(of: right)))
            if known.insert(left + right).inserted { tokens.append(ByteAlphabet.text(of: left + right)) }
        }
        let special = namedTokens.enumerated().map { id, content in
            SpecialToken(content: content, id: Int32(id), takesSpaceBefore: content == "<mask>")
        }
        do {
            return try Tokenizer(model: BytePairModel(tokens: tokens, merges: pairs), specialTokens: special)
        } catch {
            preconditionFailure("a trained vocabulary holds its bytes and merges: \(error)")
        }
    }

    /// How often each piece of `corpus` occurs, numbers left out unless `digits`.
    private static func countPieces(of corpus: [String], digits: Bool) -> [[UInt8]: Int] {
        let preTokenizer = PreTokenizer()
        var counts: [[UInt8]: Int] = [:]
        for text in corpus {
            let bytes = Array(text.utf8)
            preTokenizer.forEachPiece(of: bytes, in: 0..<bytes.count) { piece in
                let word = Array(bytes[piece])
                if digits || !preTokenizer.isNumber(word) { counts[word, default: 0] += 1 }
            }
        }
        return counts
    }
}

/// The pairs of adjacent symbols in a set of words, counted, with where they occur.
struct PairCounter {
    /// A pair with the count it had when it entered the queue: the most frequent is the smallest.
    private struct Entry: Comparable {
        let count: Int
        let left: [UInt8]
        let right: [UInt8]
        let key: UInt64

        static func < (a: Entry, b: Entry) -> Bool {
            if a.count != b.count { return a.count > b.count }
            if a.left != b.left { return a.left.lexicographicallyPrecedes(b.left) }
            return a.right.lexicographicallyPrecedes(b.right)
        }
    }

    private var words: [[Int32]]
    private let frequencies: [Int]
    /// The bytes of each symbol; the first 256 are the bytes themselves.
    private var symbols: [[UInt8]] = (UInt8.min...UInt8.max).map { [$0] }
    /// The symbols that merges made, by their bytes: two ways to the same bytes make one symbol.
    private var made: [[UInt8]: Int32] = [:]
    private var counts: [UInt64: Int] = [:]
    private var places: [UInt64: Set<Int32>] = [:]
    private var queue = Heap<Entry>()

    init(words counted: [[UInt8]: Int]) {
        // Neither sums nor sets depend on the order of the words, so neither does what is learnt.
        let list = counted.filter { $0.key.count > 1 }
        words = list.map { $0.key.map(Int32.init) }
        frequencies = list.map(\.value)
        for word in words.indices { count(word, sign: 1) }
        for key in counts.keys { enqueue(key) }
    }

    /// Merges the most frequent pair everywhere; nil when no pair occurs twice.
    mutating func mergeBest() -> (left: [UInt8], right: [UInt8])? {
        while let entry = queue.popMin() {
            let current = counts[entry.key, default: 0]
            guard current == entry.count else {
                // Counts only fall while an entry waits: where they rose, a newer entry was made.
                if current < entry.count { enqueue(entry.key) }
                continue
            }
            guard current > 1 else { return nil }
            merge(entry.key, into: entry.left + entry.right)
            return (entry.left, entry.right)
        }
        return nil
    }

    private mutating func merge(_ key: UInt64, into symbol: [UInt8]) {
        let result = made[symbol] ?? Int32(symbols.count)
        if made.updateValue(result, forKey: symbol) == nil { symbols.append(symbol) }
        let (left, right) = Self.pair(key)
        var changed: Set<UInt64> = []
        for place in places[key] ?? [] {
            let word = Int(place)
            count(word, sign: -1)
            var merged: [Int32] = []
            var index = 0
            while index < words[word].count {
                let token = words[word][index]
                if token == left, index + 1 < words[word].count, words[word][index + 1] == right {
                    merged.append(result)
                    index += 2
                } else {
                    merged.append(token)
                    index += 1
                }
            }
            words[word] = merged
            count(word, sign: 1)
            for key in keys(of: merged) where Self.pair(key).0 == result || Self.pair(key).1 == result {
                changed.insert(key)
            }
        }
        counts[key] = nil
        places[key] = nil
        for key in changed { enqueue(key) }
    }

    private mutating func count(_ word: Int, sign: Int) {
        for key in keys(of: words[word]) {
            counts[key, default: 0] += sign * frequencies[word]
            if sign > 0 { places[key, default: []].insert(Int32(word)) }
        }
    }

    private mutating func enqueue(_ key: UInt64) {
        let count = counts[key, default: 0]
        guard count > 1 else { return }
        let (left, right) = Self.pair(key)
        queue.insert(Entry(count: count, left: symbols[Int(left)], right: symbols[Int(right)], key: key))
    }

    private func keys(of word: [Int32]) -> [UInt64] {
        zip(word, word.dropFirst()).map { MergeTable.key($0, $1) }
    }

    private static func pair(_ key: UInt64) -> (Int32, Int32) {
        (Int32(truncatingIfNeeded: key >> 32), Int32(truncatingIfNeeded: key))
    }
}

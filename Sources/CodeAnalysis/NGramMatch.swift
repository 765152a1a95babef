import Foundation

/// The n-gram parts of CodeBLEU over two token sequences.
///
/// Tokens are what white space separates, as in the `codebleu` package: the numbers agree with it to rounding.
struct NGramMatch {
    /// BLEU-4: modified precision of 1- to 4-grams, brevity penalty, zero counts replaced by 0.1.
    let bleu: Double
    /// The same with recall for precision, in which a 1-gram that is no keyword weighs a fifth, and no brevity penalty:
    /// recall pays for what is missing already.
    let weighted: Double

    /// Weight of a 1-gram that is not a keyword.
    private static let plainWeight = 0.2
    private static let longest = 4

    init(candidate: String, reference: ReferenceNGrams) {
        let text = Array(candidate.utf8)
        // The numbers of the reference's tokens; −1 for what it does not have.
        let tokens = ReferenceNGrams.split(text).map { reference.names.known($0, of: text, among: reference.text) }
        var precisions: [(Double, Double)] = []
        var recalls: [(Double, Double)] = []
        var grams = tokens
        for length in 1...ReferenceNGrams.longest {
            let level = reference.levels[length - 1]
            if length > 1 {
                grams =
                    level.numbers.map { numbers in
                        ReferenceNGrams.extended(grams, by: tokens, length) { numbers.known($0) }
                    } ?? []
            }
            var found = [Int32](repeating: 0, count: level.wanted.count)
            for gram in grams where gram >= 0 { found[Int(gram)] += 1 }
            var matched = 0
            // Counts, not sums of weights, so that the order cannot change the last digit.
            var (recalled, total, plainRecalled, plainTotal) = (0, 0, 0, 0)
            for gram in level.wanted.indices {
                let common = Int(min(level.wanted[gram], found[gram]))
                matched += common
                if length == 1, !reference.isKeyword[gram] {
                    plainRecalled += common
                    plainTotal += Int(level.wanted[gram])
                } else {
                    recalled += common
                    total += Int(level.wanted[gram])
                }
            }
            precisions.append((Double(matched), Double(max(1, tokens.count - length + 1))))
            let weight = Self.plainWeight
            recalls.append(
                (Double(recalled) + weight * Double(plainRecalled), max(1, Double(total) + weight * Double(plainTotal)))
            )
        }
        let penalty = Self.brevityPenalty(reference: reference.tokenCount, candidate: tokens.count)
        bleu = penalty * Self.geometricMean(precisions)
        weighted = Self.geometricMean(recalls)
    }

    private static func brevityPenalty(reference: Int, candidate: Int) -> Double {
        if candidate > reference { return 1 }
        return candidate == 0 ? 0 : exp(1 - Double(reference) / Double(candidate))
    }

    /// Zero when not one 1-gram matches; other zeros become 0.1 (Chen & Cherry 2014, method 1).
    private static func geometricMean(_ parts: [(matched: Double, total: Double)]) -> Double {
        guard let first = parts.first, first.matched > 0 else { return 0 }
        let longest = Double(ReferenceNGrams.longest)
        let logarithms = parts.map { log(($0.matched == 0 ? 0.1 : $0.matched) / $0.total) / longest }
        return exp(logarithms.reduce(0, +))
    }
}

/// The n-grams of a reference, numbered; made once for all candidates that are held against it.
struct ReferenceNGrams: Sendable {
    static let longest = 4

    struct Level: Sendable {
        /// Numbers of the n-grams, by ``ReferenceNGrams/extended(_:by:_:number:)``; nil for 1-grams, which `names` numbers.
        let numbers: KeyNumbers?
        /// How often each occurs.
        let wanted: [Int32]
    }

    let text: [UInt8]
    let tokenCount: Int
    let names: PieceNumbers
    let isKeyword: [Bool]
    /// 1-grams first.
    let levels: [Level]

    init(_ reference: String, keywords: Keywords) {
        let text = Array(reference.utf8)
        var names = PieceNumbers(minimumCapacity: text.count / 8)
        let tokens = Self.split(text).map { names.number($0, of: text) }
        var levels = [Level(numbers: nil, wanted: Self.counts(tokens, names.count))]
        var grams = tokens
        for length in 2...Self.longest {
            var numbers = KeyNumbers(minimumCapacity: tokens.count)
            grams = Self.extended(grams, by: tokens, length) { numbers.number($0) }
            levels.append(Level(numbers: numbers, wanted: Self.counts(grams, numbers.count)))
        }
        isKeyword = (0..<names.count).map { keywords.contains(names[$0], of: text) }
        self.text = text
        self.names = names
        self.levels = levels
        tokenCount = tokens.count
    }

    /// Bytes of memory, about.
    var byteCount: Int { text.count + 32 * names.count + levels.reduce(0) { $0 + 24 * $1.wanted.count } }

    /// Numbers the n-grams of `length` by the (n − 1)-gram they begin with and their last token; −1 when either is −1.
    static func extended(
        _ grams: [Int32],
        by tokens: [Int32],
        _ length: Int,
        number: (UInt64) -> Int32
    ) -> [Int32] {
        guard tokens.count >= length else { return [] }
        return (0...tokens.count - length).map { start in
            let (first, last) = (grams[start], tokens[start + length - 1])
            guard first >= 0, last >= 0 else { return -1 }
            return number(UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: last)))
        }
    }

    private static func counts(_ grams: [Int32], _ count: Int) -> [Int32] {
        var counts = [Int32](repeating: 0, count: count)
        for gram in grams { counts[Int(gram)] += 1 }
        return counts
    }

    /// Splits `text` at white space as Python's `str.split()` does.
    static func split(_ text: [UInt8]) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        pieces.reserveCapacity(text.count / 5 + 1)
        var start = 0
        var position = 0
        while position < text.count {
            // White space outside ASCII is rare, and decoding every character is not free.
            let width = text[position] > 0x20 && text[position] < 0x80 ? 0 : spaceWidth(text, position)
            if width > 0 {
                if start < position { pieces.append(start..<position) }
                start = position + width
            }
            position += max(1, width)
        }
        if start < text.count { pieces.append(start..<text.count) }
        return pieces
    }

    /// Bytes of the white space at `position`; 0 when there is none.
    private static func spaceWidth(_ text: [UInt8], _ position: Int) -> Int {
        let first = text[position]
        if first < 0x80 { return isSpace(UInt32(first)) ? 1 : 0 }
        if first == 0xC2, position + 1 < text.count {
            let scalar = UInt32(first & 0x1F) << 6 | UInt32(text[position + 1] & 0x3F)
            return isSpace(scalar) ? 2 : 0
        }
        if (0xE1...0xE3).contains(first), position + 2 < text.count {
            let scalar =
                UInt32(first & 0x0F) << 12 | UInt32(text[position + 1] & 0x3F) << 6 | UInt32(text[position + 2] & 0x3F)
            return isSpace(scalar) ? 3 : 0
        }
        return 0
    }

    private static func isSpace(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}

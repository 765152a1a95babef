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

    init(candidate: String, reference: String, keywords: Keywords) {
        var text: [UInt8] = []
        text.reserveCapacity(candidate.utf8.count + 1 + reference.utf8.count)
        text.append(contentsOf: candidate.utf8)
        text.append(UInt8(ascii: " "))
        text.append(contentsOf: reference.utf8)
        var names = PieceNumbers(minimumCapacity: text.count / 6)
        let candidateTokens = Self.tokens(candidate, at: 0, of: text, &names)
        let referenceTokens = Self.tokens(reference, at: text.count - reference.utf8.count, of: text, &names)
        let isKeyword = (0..<names.count).map { keywords.contains(names[$0], of: text) }

        var candidateGrams = candidateTokens
        var referenceGrams = referenceTokens
        var precisions: [(Double, Double)] = []
        var recalls: [(Double, Double)] = []
        for length in 1...Self.longest {
            if length > 1 {
                var pairs = KeyNumbers(minimumCapacity: candidateTokens.count + referenceTokens.count)
                candidateGrams = Self.extended(candidateGrams, by: candidateTokens, length, &pairs)
                referenceGrams = Self.extended(referenceGrams, by: referenceTokens, length, &pairs)
            }
            let found = Self.counts(candidateGrams, atLeast: referenceGrams)
            let wanted = Self.counts(referenceGrams, atLeast: candidateGrams)
            var matched = 0
            // Counts, not sums of weights, so that the order cannot change the last digit.
            var (recalled, total, plainRecalled, plainTotal) = (0, 0, 0, 0)
            for gram in wanted.indices where wanted[gram] > 0 {
                let common = min(wanted[gram], found[gram])
                matched += common
                if length == 1, !isKeyword[gram] {
                    plainRecalled += common
                    plainTotal += wanted[gram]
                } else {
                    recalled += common
                    total += wanted[gram]
                }
            }
            precisions.append((Double(matched), Double(max(1, candidateGrams.count))))
            let weight = Self.plainWeight
            recalls.append(
                (Double(recalled) + weight * Double(plainRecalled), max(1, Double(total) + weight * Double(plainTotal)))
            )
        }
        let penalty = Self.brevityPenalty(reference: referenceTokens.count, candidate: candidateTokens.count)
        bleu = penalty * Self.geometricMean(precisions)
        weighted = Self.geometricMean(recalls)
    }

    /// Splits `part`, which begins at `offset` of `text`, at white space as Python's `str.split()` does, and numbers equal
    /// tokens equally.
    private static func tokens(
        _ part: String,
        at offset: Int,
        of text: [UInt8],
        _ names: inout PieceNumbers
    ) -> [Int32] {
        var numbers: [Int32] = []
        var start = offset
        var position = offset
        let end = offset + part.utf8.count
        while position < end {
            // White space outside ASCII is rare, and decoding every character is not free.
            let width = spaceWidth(text, position, end)
            if width > 0 {
                if start < position { numbers.append(names.number(start..<position, of: text)) }
                start = position + width
            }
            position += max(1, width)
        }
        if start < end { numbers.append(names.number(start..<end, of: text)) }
        return numbers
    }

    /// Bytes of the white space at `position`; 0 when there is none.
    private static func spaceWidth(_ text: [UInt8], _ position: Int, _ end: Int) -> Int {
        let first = text[position]
        if first < 0x80 { return isSpace(UInt32(first)) ? 1 : 0 }
        if first == 0xC2, position + 1 < end {
            let scalar = UInt32(first & 0x1F) << 6 | UInt32(text[position + 1] & 0x3F)
            return isSpace(scalar) ? 2 : 0
        }
        if (0xE1...0xE3).contains(first), position + 2 < end {
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

    /// Numbers the n-grams of `length` by the (n − 1)-gram they begin with and their last token.
    private static func extended(
        _ grams: [Int32],
        by tokens: [Int32],
        _ length: Int,
        _ pairs: inout KeyNumbers
    ) -> [Int32] {
        guard tokens.count >= length else { return [] }
        return (0...tokens.count - length).map { start in
            let key =
                UInt64(UInt32(bitPattern: grams[start])) << 32 | UInt64(UInt32(bitPattern: tokens[start + length - 1]))
            return pairs.number(key)
        }
    }

    /// How often each gram occurs, by its number; as long as the largest number of either list asks for.
    private static func counts(_ grams: [Int32], atLeast others: [Int32]) -> [Int] {
        var counts = [Int](repeating: 0, count: Int(max(grams.max() ?? -1, others.max() ?? -1)) + 1)
        for gram in grams { counts[Int(gram)] += 1 }
        return counts
    }

    private static func brevityPenalty(reference: Int, candidate: Int) -> Double {
        if candidate > reference { return 1 }
        return candidate == 0 ? 0 : exp(1 - Double(reference) / Double(candidate))
    }

    /// Zero when not one 1-gram matches; other zeros become 0.1 (Chen & Cherry 2014, method 1).
    private static func geometricMean(_ parts: [(matched: Double, total: Double)]) -> Double {
        guard let first = parts.first, first.matched > 0 else { return 0 }
        let logarithms = parts.map { log(($0.matched == 0 ? 0.1 : $0.matched) / $0.total) / Double(longest) }
        return exp(logarithms.reduce(0, +))
    }
}

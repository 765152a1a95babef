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

    init(candidate: String, reference: String, keywords: Set<String>) {
        var names: [ArraySlice<UInt8>: Int32] = [:]
        let candidateTokens = Self.tokens(candidate, &names)
        let referenceTokens = Self.tokens(reference, &names)
        var weights = [Double](repeating: Self.plainWeight, count: names.count)
        for keyword in keywords {
            if let name = names[Array(keyword.utf8)[...]] { weights[Int(name)] = 1 }
        }

        var candidateGrams = candidateTokens
        var referenceGrams = referenceTokens
        var precisions: [(Double, Double)] = []
        var recalls: [(Double, Double)] = []
        for length in 1...Self.longest {
            if length > 1 {
                var pairs: [UInt64: Int32] = [:]
                candidateGrams = Self.extended(candidateGrams, by: candidateTokens, length, &pairs)
                referenceGrams = Self.extended(referenceGrams, by: referenceTokens, length, &pairs)
            }
            let found = Self.counts(candidateGrams)
            let wanted = Self.counts(referenceGrams)
            var matched = 0
            // Counts, not sums of weights, so that the order of a dictionary cannot change the last digit.
            var (recalled, total, plainRecalled, plainTotal) = (0, 0, 0, 0)
            for (gram, count) in wanted {
                let common = min(count, found[gram, default: 0])
                matched += common
                if length == 1, weights[Int(gram)] < 1 {
                    plainRecalled += common
                    plainTotal += count
                } else {
                    recalled += common
                    total += count
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

    /// Splits at white space as Python's `str.split()` does, and numbers equal tokens equally.
    private static func tokens(_ text: String, _ names: inout [ArraySlice<UInt8>: Int32]) -> [Int32] {
        var numbers: [Int32] = []
        let bytes = Array(text.utf8)
        var start = 0
        var position = 0
        func close(_ names: inout [ArraySlice<UInt8>: Int32]) {
            guard start < position else { return }
            let next = Int32(names.count)
            let number = names[bytes[start..<position]] ?? next
            if number == next { names[bytes[start..<position]] = next }
            numbers.append(number)
        }
        for scalar in text.unicodeScalars {
            let width = UTF8.width(scalar)
            if isSpace(scalar) {
                close(&names)
                start = position + width
            }
            position += width
        }
        close(&names)
        return numbers
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// Numbers the n-grams of `length` by the (n − 1)-gram they begin with and their last token.
    private static func extended(
        _ grams: [Int32],
        by tokens: [Int32],
        _ length: Int,
        _ pairs: inout [UInt64: Int32]
    ) -> [Int32] {
        guard tokens.count >= length else { return [] }
        return (0...tokens.count - length).map { start in
            let key =
                UInt64(UInt32(bitPattern: grams[start])) << 32 | UInt64(UInt32(bitPattern: tokens[start + length - 1]))
            let next = Int32(pairs.count)
            let number = pairs[key] ?? next
            if number == next { pairs[key] = next }
            return number
        }
    }

    private static func counts(_ grams: [Int32]) -> [Int32: Int] {
        grams.reduce(into: [:]) { $0[$1, default: 0] += 1 }
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

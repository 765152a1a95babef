import Foundation

/// What BLEU-4 needs to know of one pair of texts: tokens are what white space separates.
///
/// Source: Papineni et al. 2002, "BLEU: a method for automatic evaluation of machine translation", section 2.
package struct BLEUCounts: Sendable, Equatable {
    package static let order = 4
    /// n-grams of the candidate that the reference has too, each as often as it has them, for n = 1 … 4.
    package var matched = [Int](repeating: 0, count: order)
    /// n-grams of the candidate.
    package var total = [Int](repeating: 0, count: order)
    /// Tokens.
    package var candidateLength = 0
    package var referenceLength = 0

    package init() {}

    /// Counts one pair.
    package init(candidate: String, reference: String) {
        let found = candidate.split(whereSeparator: \.isWhitespace)
        let wanted = reference.split(whereSeparator: \.isWhitespace)
        candidateLength = found.count
        referenceLength = wanted.count
        for n in 1...Self.order where found.count >= n {
            let references = Self.counts(wanted, n)
            matched[n - 1] = Self.counts(found, n).reduce(0) { $0 + min($1.value, references[$1.key, default: 0]) }
            total[n - 1] = found.count - n + 1
        }
    }

    /// Adds the counts of other pairs.
    package mutating func add(_ other: BLEUCounts) {
        for n in 0..<Self.order {
            matched[n] += other.matched[n]
            total[n] += other.total[n]
        }
        candidateLength += other.candidateLength
        referenceLength += other.referenceLength
    }

    private static func counts(_ tokens: [Substring], _ n: Int) -> [ArraySlice<Substring>: Int] {
        guard tokens.count >= n else { return [:] }
        return (0...tokens.count - n).reduce(into: [:]) { $0[tokens[$1..<$1 + n], default: 0] += 1 }
    }

    /// BLEU-4 of a corpus as sacrebleu's `corpus_bleu` gives it with `tokenize="none"`: 0 … 100.
    ///
    /// The k-th n-gram order without a match counts as 1 / 2ᵏ of a match (`smooth_method="exp"`, its default); 0 when no token
    /// matches at all, or when no candidate has four tokens.
    package var corpusScore: Double {
        guard candidateLength > 0, matched.contains(where: { $0 > 0 }), !total.contains(0) else { return 0 }
        var smoothing = 1.0
        var sum = 0.0
        for (matched, total) in zip(matched, total) {
            if matched == 0 { smoothing *= 2 }
            sum += log(matched == 0 ? 100 / (smoothing * Double(total)) : 100 * Double(matched) / Double(total))
        }
        return brevityPenalty * exp(sum / Double(Self.order))
    }

    /// BLEU-4 of this one pair as nltk's `sentence_bleu` gives it with `SmoothingFunction().method1`, times 100: 0 … 100.
    ///
    /// An n-gram order without a match counts as 0.1 of a match; 0 when no token matches.
    package var sentenceScore: Double {
        guard matched[0] > 0 else { return 0 }
        let sum = zip(matched, total).reduce(0.0) { sum, pair in
            sum + log((pair.0 == 0 ? 0.1 : Double(pair.0)) / Double(max(1, pair.1)))
        }
        return 100 * brevityPenalty * exp(sum / Double(Self.order))
    }

    private var brevityPenalty: Double {
        candidateLength > referenceLength ? 1 : exp(1 - Double(referenceLength) / Double(max(1, candidateLength)))
    }
}

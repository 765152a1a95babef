import Foundation

/// The unbiased estimate of pass@k from `samples` completions of which `correct` pass: 1 − C(n − c, k) / C(n, k).
///
/// Source: Chen et al. 2021, "Evaluating large language models trained on code", equation 1.
package func passAtK(samples: Int, correct: Int, k: Int) -> Double {
    precondition((1...samples).contains(k) && (0...samples).contains(correct), "pass@\(k) of \(correct)/\(samples)")
    guard samples - correct >= k else { return 1 }
    var failing = 1.0
    for i in 0..<k { failing *= Double(samples - correct - i) / Double(samples - i) }
    return 1 - failing
}

/// The ks that pass@k is given for: 1, 5, 10, 20, 50, 100 … up to `samples`.
package func passKs(samples: Int) -> [Int] {
    guard samples > 0 else { return [] }
    var ks = [1]
    var decade = 1
    while decade * 5 <= samples {
        for factor in [5, 10, 20] where factor * decade <= samples && factor * decade > (ks.last ?? 0) {
            ks.append(factor * decade)
        }
        decade *= 10
    }
    return ks
}

/// 100 · (1 − Levenshtein distance / length of the longer text), over Unicode scalars; 100 for two empty texts.
package func editSimilarity(_ a: String, _ b: String) -> Double {
    let (a, b) = (Array(a.unicodeScalars), Array(b.unicodeScalars))
    guard !a.isEmpty || !b.isEmpty else { return 100 }
    var row = Array(0...b.count)
    for i in a.indices {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substitution, diagonal + 1, row[j] + 1)
        }
    }
    return 100 * (1 - Double(row[b.count]) / Double(max(a.count, b.count)))
}

/// Whether two programs are the same but for space at the ends of lines and empty lines at the end.
package func exactMatch(_ a: String, _ b: String) -> Bool { normalizedLines(a) == normalizedLines(b) }

private func normalizedLines(_ text: String) -> [String] {
    var lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false).map {
        line in
        var line = String(line)
        while line.last?.isWhitespace == true { line.removeLast() }
        return line
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
}

/// BLEU-4 of a corpus, 0 to 100: counts of all pairs are added up before precisions are taken; no smoothing.
///
/// Source: Papineni et al. 2002, "BLEU: a method for automatic evaluation of machine translation", section 2.3. Tokens
/// are what white space separates.
package struct CorpusBLEU {
    private static let order = 4
    private var matched = [Int](repeating: 0, count: order)
    private var total = [Int](repeating: 0, count: order)
    private var candidateLength = 0
    private var referenceLength = 0

    package init() {}

    /// Adds a pair.
    package mutating func add(candidate: String, reference: String) {
        let found = candidate.split(whereSeparator: \.isWhitespace)
        let wanted = reference.split(whereSeparator: \.isWhitespace)
        candidateLength += found.count
        referenceLength += wanted.count
        for n in 1...Self.order where found.count >= n {
            let references = Self.counts(wanted, n)
            for (gram, count) in Self.counts(found, n) { matched[n - 1] += min(count, references[gram, default: 0]) }
            total[n - 1] += found.count - n + 1
        }
    }

    /// The score; 0 when there is no common 4-gram.
    package var score: Double {
        guard !matched.contains(0) else { return 0 }
        let mean = zip(matched, total).reduce(0) { $0 + log(Double($1.0) / Double($1.1)) } / Double(Self.order)
        let penalty =
            candidateLength > referenceLength ? 0 : 1 - Double(referenceLength) / Double(max(1, candidateLength))
        return 100 * exp(mean + penalty)
    }

    private static func counts(_ tokens: [Substring], _ n: Int) -> [ArraySlice<Substring>: Int] {
        guard tokens.count >= n else { return [:] }
        return (0...tokens.count - n).reduce(into: [:]) { $0[tokens[$1..<$1 + n], default: 0] += 1 }
    }
}

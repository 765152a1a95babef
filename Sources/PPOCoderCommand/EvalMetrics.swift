import Foundation
import Learner

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

/// The expected share of problems solved when `submissions` of the samples are handed in, n@k: of those that pass the public
/// tests if there are as many, else all of these and some others.
///
/// Averaged over every choice, hence without chance. A program that fails a public test fails, so that filling up adds
/// nothing. Source: Li et al. 2022, "Competition-level code generation with AlphaCode", section 3.
///
/// `publicly` samples pass the public tests, `correct` of them all tests; `submissions` is n, at least 1.
package func solvedByFiltering(publicly: Int, correct: Int, submissions: Int) -> Double {
    precondition(
        (0...publicly).contains(correct) && submissions >= 1,
        "\(correct) of \(publicly) publicly correct samples"
    )
    guard publicly > submissions else { return correct > 0 ? 1 : 0 }
    return passAtK(samples: publicly, correct: correct, k: submissions)
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
///
/// Nil when the texts are so long that the comparison would take minutes: above 400 million pairs of scalars that are left
/// when the common beginning and end are taken off.
package func editSimilarity(_ a: String, _ b: String) -> Double? {
    let (a, b) = (Array(a.unicodeScalars), Array(b.unicodeScalars))
    guard !a.isEmpty || !b.isEmpty else { return 100 }
    let shorter = min(a.count, b.count)
    var front = 0
    while front < shorter, a[front] == b[front] { front += 1 }
    var back = 0
    while back < shorter - front, a[a.count - 1 - back] == b[b.count - 1 - back] { back += 1 }
    let (x, y) = (a[front..<a.count - back], b[front..<b.count - back])
    guard x.count == 0 || y.count <= 400_000_000 / x.count else { return nil }
    return 100 * (1 - Double(editDistance(Array(x), Array(y))) / Double(max(a.count, b.count)))
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

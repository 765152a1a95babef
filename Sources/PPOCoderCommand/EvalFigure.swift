import Foundation

/// A figure of an evaluation: a quotient of sums over problems, or BLEU of all of them.
struct EvalFigure: Sendable {
    /// What people read.
    var label: String
    /// Its name in JSON.
    var key: String
    /// Shares are 0 … 1 in JSON and percent in tables; the similarities are percentages everywhere.
    var isShare: Bool
    /// The part of one problem; nil where it has none.
    var part: @Sendable (EvalRow) -> (sum: Double, count: Double)?
    /// Whether it is BLEU of the corpus, and `part` is not used.
    var isCorpusBLEU = false

    /// The figures of an evaluation.
    ///
    /// `first` is what the first completion is called (greedy, beam, given), `samples` the sampled completions per problem,
    /// `submissions` the ns of n@k.
    static func all(first: String, samples: Int, submissions: [Int]) -> [EvalFigure] {
        var figures = [
            share("pass@1, \(first)", "\(first)_pass@1") { row in
                row.greedy.isJudged ? (row.greedy.passed ? 1 : 0, 1) : nil
            },
            share("compile rate, \(first)", "\(first)_compile_rate") { row in
                row.greedy.isJudged ? (row.greedy.compiled ? 1 : 0, 1) : nil
            },
        ]
        for k in passKs(samples: samples) {
            figures.append(
                share("pass@\(k), sampled", "pass@\(k)") { row in
                    let judged = row.samples.filter(\.isJudged)
                    guard judged.count >= k else { return nil }
                    return (passAtK(samples: judged.count, correct: judged.count(where: \.passed), k: k), 1)
                }
            )
        }
        for n in submissions {
            figures.append(
                share("\(n)@\(samples), public tests first", "\(n)@\(samples)") { row in
                    let judged = row.samples.filter(\.isJudged)
                    // Where every test is public, choosing by them would be choosing by the answer.
                    guard !judged.isEmpty, judged.allSatisfy({ $0.passesPublicTests != nil }) else { return nil }
                    let publicly = judged.count { $0.passed || $0.passesPublicTests == true }
                    let correct = judged.count(where: \.passed)
                    return (solvedByFiltering(publicly: publicly, correct: correct, submissions: n), 1)
                }
            )
        }
        if samples > 0 {
            figures.append(
                share("compile rate, sampled", "sampled_compile_rate") { row in
                    let judged = row.samples.filter(\.isJudged)
                    return (Double(judged.count(where: \.compiled)), Double(judged.count))
                }
            )
        }
        return figures + similarities
    }

    private static let similarities = [
        percentage("exact match", "exact_match") { $0.exactMatch.map { $0 ? 100 : 0 } },
        percentage("edit similarity", "edit_similarity", \.editSimilarity),
        EvalFigure(label: "BLEU-4, corpus", key: "bleu", isShare: false, part: { _ in nil }, isCorpusBLEU: true),
        percentage("BLEU-4, mean of sentences", "sentence_bleu", \.sentenceBLEU),
        percentage("CodeBLEU", "codebleu", \.codeBLEU),
    ]

    private static func share(
        _ label: String,
        _ key: String,
        _ part: @escaping @Sendable (EvalRow) -> (sum: Double, count: Double)?
    ) -> EvalFigure { EvalFigure(label: label, key: key, isShare: true, part: part) }

    private static func percentage(
        _ label: String,
        _ key: String,
        _ value: @escaping @Sendable (EvalRow) -> Double?
    ) -> EvalFigure { EvalFigure(label: label, key: key, isShare: false) { row in value(row).map { ($0, 1) } } }

    /// A figure over problems, ready to be computed for any choice of them.
    struct Values: Sendable {
        private var parts: [(sum: Double, count: Double)?] = []
        private var counts: [BLEUCounts?] = []

        init(_ figure: EvalFigure, _ rows: [EvalRow]) {
            if figure.isCorpusBLEU { counts = rows.map(\.bleuCounts) } else { parts = rows.map(figure.part) }
        }

        /// The figure of the chosen problems; nil when there is nothing to divide by.
        func value(of choice: some Sequence<Int32>) -> Double? {
            if !counts.isEmpty {
                var sum: BLEUCounts?
                for index in choice {
                    guard let counts = counts[Int(index)] else { continue }
                    if sum == nil { sum = counts } else { sum?.add(counts) }
                }
                return sum?.corpusScore
            }
            guard !parts.isEmpty else { return nil }
            var (sum, count) = (0.0, 0.0)
            for index in choice {
                guard let part = parts[Int(index)] else { continue }
                sum += part.sum
                count += part.count
            }
            return count == 0 ? nil : sum / count
        }
    }
}

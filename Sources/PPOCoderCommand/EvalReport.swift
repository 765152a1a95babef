import CodeAnalysis
import Foundation
import Programs
import Telemetry

/// One completion and what became of it.
struct EvalCompletion: Encodable, Sendable {
    var text: String
    var finished: Bool
    var verdict: Verdict

    var isJudged: Bool { verdict.outcome != .infrastructureFailure }
    /// Accepted, and ended by itself: a program cut by the length limit is not the model's whole answer.
    var passed: Bool { verdict.outcome == .accepted && finished }
    var compiled: Bool { isJudged && verdict.outcome != .compileError }
}

/// One problem's row.
struct EvalRow: Encodable, Sendable {
    var id: String
    var greedy: EvalCompletion
    var samples: [EvalCompletion]
    /// Against the reference; nil when the problem has none.
    var exactMatch: Bool?
    var editSimilarity: Double?
    var codeBLEU: Double?

    private enum CodingKeys: String, CodingKey {
        case id, greedy, samples
        case exactMatch = "exact_match"
        case editSimilarity = "edit_similarity"
        case codeBLEU = "codebleu"
    }

    init(problem: Problem, greedy: EvalCompletion, samples: [EvalCompletion], analyzer: CodeAnalyzer) {
        id = problem.id
        self.greedy = greedy
        self.samples = samples
        guard !problem.reference.isEmpty else { return }
        exactMatch = PPOCoderCommand.exactMatch(greedy.text, problem.reference)
        editSimilarity = PPOCoderCommand.editSimilarity(greedy.text, problem.reference)
        codeBLEU =
            analyzer.compare(
                candidate: greedy.text,
                reference: problem.reference,
                language: problem.language
            ).codeBLEU
    }
}

/// The figures of an evaluation.
///
/// Rates lie in 0 … 1; similarities to the reference are percentages.
struct EvalReport: Encodable {
    private(set) var problems = 0
    /// Problems with a reference program, over which the similarities are means.
    private(set) var references = 0
    /// Completions that could not be judged, left out of every rate.
    private(set) var unjudged = 0
    private(set) var reasons: Set<String> = []
    private var greedyJudged = 0
    private var greedyPassed = 0
    private var greedyCompiled = 0
    private var samplesJudged = 0
    private var samplesCompiled = 0
    private let ks: [Int]
    private var passSums: [Double]
    private var passProblems: [Int]
    private var exactMatches = 0
    private var editSum = 0.0
    private var codeBLEUSum = 0.0
    private var bleu = CorpusBLEU()

    init(samples: Int) {
        ks = passKs(samples: samples)
        passSums = ks.map { _ in 0 }
        passProblems = ks.map { _ in 0 }
    }

    /// Adds one problem.
    mutating func add(_ row: EvalRow, reference: String) {
        problems += 1
        for completion in [row.greedy] + row.samples where !completion.isJudged {
            unjudged += 1
            reasons.insert(completion.verdict.diagnostics)
        }
        if row.greedy.isJudged {
            greedyJudged += 1
            greedyPassed += row.greedy.passed ? 1 : 0
            greedyCompiled += row.greedy.compiled ? 1 : 0
        }
        let judged = row.samples.filter(\.isJudged)
        samplesJudged += judged.count
        samplesCompiled += judged.count(where: \.compiled)
        for (index, k) in ks.enumerated() where judged.count >= k {
            passSums[index] += passAtK(samples: judged.count, correct: judged.count(where: \.passed), k: k)
            passProblems[index] += 1
        }
        guard let isExact = row.exactMatch, let edit = row.editSimilarity, let codeBLEU = row.codeBLEU else { return }
        references += 1
        exactMatches += isExact ? 1 : 0
        editSum += edit
        codeBLEUSum += 100 * codeBLEU
        bleu.add(candidate: row.greedy.text, reference: reference)
    }

    /// Every figure with the name people read, its name in JSON, and its value; nil where there is nothing to divide by.
    var figures: [(label: String, key: String, value: Double?, isRate: Bool)] {
        func share(_ part: Double, _ whole: Int) -> Double? { whole == 0 ? nil : part / Double(whole) }
        var figures: [(label: String, key: String, value: Double?, isRate: Bool)] = [
            ("pass@1, greedy", "greedy_pass@1", share(Double(greedyPassed), greedyJudged), true),
            ("compile rate, greedy", "greedy_compile_rate", share(Double(greedyCompiled), greedyJudged), true),
        ]
        for (index, k) in ks.enumerated() {
            figures.append(("pass@\(k), sampled", "pass@\(k)", share(passSums[index], passProblems[index]), true))
        }
        if !ks.isEmpty {
            figures.append(
                ("compile rate, sampled", "sampled_compile_rate", share(Double(samplesCompiled), samplesJudged), true)
            )
        }
        figures += [
            ("exact match", "exact_match", share(100 * Double(exactMatches), references), false),
            ("edit similarity", "edit_similarity", share(editSum, references), false),
            ("BLEU-4", "bleu", references == 0 ? nil : bleu.score, false),
            ("CodeBLEU", "codebleu", share(codeBLEUSum, references), false),
        ]
        return figures
    }

    /// The figures for people.
    var table: Table {
        var table = Table(columns: ["\(problems) problems", "%"])
        for figure in figures {
            table.addRow([figure.label, figure.value.map { fixed(figure.isRate ? 100 * $0 : $0, digits: 1) } ?? "–"])
        }
        return table
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(problems, forKey: Key(stringValue: "problems"))
        try fields.encode(references, forKey: Key(stringValue: "references"))
        try fields.encode(unjudged, forKey: Key(stringValue: "unjudged"))
        for figure in figures { try fields.encode(figure.value, forKey: Key(stringValue: figure.key)) }
    }
}

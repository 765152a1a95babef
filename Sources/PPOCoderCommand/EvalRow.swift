import CodeAnalysis
import Foundation
import Programs

/// One completion and what became of it.
struct EvalCompletion: Encodable, Sendable {
    var text: String
    var finished: Bool
    var verdict: Verdict
    /// Whether it passes the public tests; nil when that was not asked for, or there are no others.
    var passesPublicTests: Bool?

    private enum CodingKeys: String, CodingKey {
        case text, finished, verdict
        case passesPublicTests = "passes_public_tests"
    }

    var isJudged: Bool { verdict.outcome != .infrastructureFailure }
    /// Accepted, and ended by itself: a program cut by the length limit is not the model's whole answer.
    var passed: Bool { verdict.outcome == .accepted && finished }
    var compiled: Bool { isJudged && verdict.outcome != .compileError }
}

/// One problem's row.
struct EvalRow: Encodable, Sendable {
    var id: String
    var language: String
    var difficulty: String
    /// The greedy completion, the best of the beams, or the first of the given ones.
    var greedy: EvalCompletion
    var samples: [EvalCompletion]
    /// Against the reference; nil when the problem has none.
    var exactMatch: Bool?
    /// Nil also for texts too long to compare.
    var editSimilarity: Double?
    var codeBLEU: Double?
    /// BLEU-4 of the one pair, smoothed.
    var sentenceBLEU: Double?
    /// For BLEU-4 of the corpus.
    var bleuCounts: BLEUCounts?

    private enum CodingKeys: String, CodingKey {
        case id, language, difficulty, greedy, samples
        case exactMatch = "exact_match"
        case editSimilarity = "edit_similarity"
        case codeBLEU = "codebleu"
        case sentenceBLEU = "sentence_bleu"
    }

    /// The similarities compare what was written with what should have been; CodeBLEU compares whole programs, since a piece
    /// of one has no syntax tree.
    init(problem: Problem, greedy: EvalCompletion, samples: [EvalCompletion], analyzer: CodeAnalyzer) {
        id = problem.id
        language = problem.language.rawValue
        difficulty = problem.difficulty
        self.greedy = greedy
        self.samples = samples
        guard !problem.reference.isEmpty else { return }
        let target = problem.target
        exactMatch = PPOCoderCommand.exactMatch(greedy.text, target)
        editSimilarity = PPOCoderCommand.editSimilarity(greedy.text, target)
        let counts = BLEUCounts(candidate: greedy.text, reference: target)
        bleuCounts = counts
        sentenceBLEU = counts.sentenceScore
        codeBLEU =
            100
            * analyzer.compare(
                candidate: problem.program(of: greedy.text),
                reference: problem.reference,
                language: problem.language
            ).codeBLEU
    }
}

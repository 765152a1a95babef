import Foundation
import PPOCoderCommand
import Testing

/// Figures that other tools give for the same texts; Tools/reference/generate_eval_fixtures.py made them.
struct EvalReferenceTests {
    private struct Reference: Decodable {
        struct Corpus: Decodable {
            var candidates: [String]
            var references: [String]
            var sacrebleu: Double
            var nltk: [Double]
        }
        var corpora: [Corpus]
        var pass_at_k: [[Double]]
    }

    private static func reference() throws -> Reference {
        let file = CommandRun.root.appending(path: "Tests/PPOCoderCommandTests/Fixtures/eval_reference.json")
        return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
    }

    @Test func corpusBLEUIsSacrebleusAndSentenceBLEUIsNltks() throws {
        let corpora = try Self.reference().corpora
        #expect(corpora.count >= 10)
        for corpus in corpora {
            let pairs = zip(corpus.candidates, corpus.references).map { BLEUCounts(candidate: $0, reference: $1) }
            let sum = pairs.reduce(into: BLEUCounts()) { $0.add($1) }
            #expect(abs(sum.corpusScore - corpus.sacrebleu) < 1e-9)
            for (pair, expected) in zip(pairs, corpus.nltk) { #expect(abs(pair.sentenceScore - expected) < 1e-9) }
        }
    }

    @Test func passAtKIsHumanEvals() throws {
        let rows = try Self.reference().pass_at_k
        #expect(rows.count > 100)
        for row in rows {
            let value = passAtK(samples: Int(row[0]), correct: Int(row[1]), k: Int(row[2]))
            #expect(abs(value - row[3]) < 1e-9, "\(row)")
        }
    }

    @Test func filteringByPublicTestsHandsInWhatPassesThem() {
        // Four of ten pass the public tests, one of them everything: 1 − C(3,2)/C(4,2) = 1/2.
        #expect(abs(solvedByFiltering(publicly: 4, correct: 1, submissions: 2) - 0.5) < 1e-12)
        #expect(solvedByFiltering(publicly: 2, correct: 1, submissions: 2) == 1)
        #expect(solvedByFiltering(publicly: 1, correct: 0, submissions: 5) == 0)
    }

    @Test func bootstrapIntervalsCoverWhatTheyShould() throws {
        // 100 problems of which 30 pass: the standard error of the share is 0.0458.
        let passes = (0..<100).map { $0 % 10 < 3 ? 1.0 : 0.0 }
        func interval(_ seed: UInt64) -> ClosedRange<Double>? {
            Bootstrap(count: 100, seed: seed).interval { choice in
                choice.reduce(0) { $0 + passes[Int($1)] } / Double(choice.count)
            }
        }
        let first = try #require(interval(1))
        #expect(first == interval(1))
        #expect(
            abs(first.lowerBound - (0.3 - 1.96 * 0.0458)) < 0.02 && abs(first.upperBound - (0.3 + 1.96 * 0.0458)) < 0.02
        )
        #expect(Bootstrap(count: 0, seed: 1).interval { _ in 1 } == nil)
        #expect(Bootstrap(count: 3, seed: 1).interval { _ in nil } == nil)
    }
}

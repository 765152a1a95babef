import Determinism
import Foundation
import Testing
import Transformer

struct BeamSearchTests {
    private static let configuration = T5Configuration(
        dModel: 32,
        dKV: 8,
        dFF: 48,
        numEncoderLayers: 1,
        numDecoderLayers: 2,
        numHeads: 4,
        vocabularySize: 9
    )
    private static let parameters = T5Parameters.random(configuration: configuration, seed: 5)
    private static let weights = GenerationWeights(parameters)
    private static let source: [Int32] = [3, 7, 4, 8, 2]

    private static func search(_ settings: BeamSettings) -> GeneratedSequence {
        T5BeamSearch(configuration: configuration).search(weights: weights, source: source, settings: settings)
    }

    /// Σ log p of `tokens`, by teacher forcing.
    private static func score(_ tokens: [[Int32]]) -> [Double] {
        let scorer = T5Scorer(configuration: configuration)
        let targets = tokens.map { TeacherForcedBatch.Target(sourceIndex: 0, tokens: $0, supports: nil) }
        let settings = SamplingSettings(maximumLength: 8)
        return scorer.forward(
            parameters: parameters,
            batch: TeacherForcedBatch(sources: [source], targets: targets),
            settings: settings,
            keepForBackward: false
        ).map { $0.logProbabilities.reduce(0) { $0 + Double($1) } }
    }

    /// All completions of at most three tokens over the vocabulary, ended or cut.
    private static var allOfThree: [[Int32]] {
        let end = configuration.eosTokenID
        let others = (0..<Int32(configuration.vocabularySize)).filter { $0 != end }
        var result: [[Int32]] = [[end]]
        for a in others {
            result.append([a, end])
            for b in others { result += (0..<Int32(configuration.vocabularySize)).map { [a, b, $0] } }
        }
        return result
    }

    @Test(arguments: [0.0, 1.0, 2.0]) func enoughBeamsFindTheBestOfAllCompletions(lengthPenalty: Double) {
        let all = Self.allOfThree
        #expect(all.count == 1 + 8 + 8 * 8 * 9)
        let scores = zip(all, Self.score(all)).map { tokens, sum in sum / pow(Double(tokens.count), lengthPenalty) }
        let best = zip(all, scores).max { $0.1 < $1.1 }
        let found = Self.search(BeamSettings(beams: 64, lengthPenalty: lengthPenalty, maximumLength: 3))
        let sum = found.logProbabilities.reduce(0) { $0 + Double($1) } / pow(Double(found.tokens.count), lengthPenalty)
        #expect(found.tokens == best?.0)
        #expect(abs(sum - (best?.1 ?? 0)) < 1e-5)
        #expect(found.finished == (found.tokens.last == Self.configuration.eosTokenID))
    }

    @Test func oneBeamWithoutLengthIsGreedyUntilSomethingEnds() throws {
        let found = Self.search(BeamSettings(beams: 1, minimumLength: 39, maximumLength: 40))
        let generator = T5Generator(configuration: Self.configuration)
        let greedy = try #require(
            generator.generate(
                weights: Self.weights,
                requests: [GenerationRequest(source: Self.source, key: RandomKey(high: 0, low: 0))],
                settings: SamplingSettings(greedy: true, minimumLength: 39, maximumLength: 40)
            )?.first
        )
        // Forty positions cross a chunk of the cache.
        #expect(found.tokens.count == 40)
        #expect(found.tokens == greedy.tokens)
    }

    @Test func recordedLogProbabilitiesAreThoseOfTheScorerAfterManyMoves() {
        let found = Self.search(BeamSettings(beams: 5, minimumLength: 6, maximumLength: 8))
        #expect((7...8).contains(found.tokens.count))
        let recorded = found.logProbabilities.reduce(0) { $0 + Double($1) }
        let scored = Self.score([found.tokens])[0]
        // The scorer's distribution has the end token too before the minimum length, so that the search's is larger.
        #expect(recorded >= scored - 1e-4)
        let free = Self.search(BeamSettings(beams: 5, lengthPenalty: 3, maximumLength: 8))
        #expect(abs(free.logProbabilities.reduce(0) { $0 + Double($1) } - Self.score([free.tokens])[0]) < 1e-4)
    }
}

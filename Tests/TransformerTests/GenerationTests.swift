import Determinism
import Tensors
import Testing
import Transformer

struct GenerationTests {
    private static let configuration = T5Configuration(
        dModel: 48,
        dKV: 20,
        dFF: 96,
        numEncoderLayers: 2,
        numDecoderLayers: 3,
        numHeads: 3,
        vocabularySize: 101
    )

    /// Random weights with a value head, and with logits of the size that training gives, also when untied.
    private static func weights(
        _ configuration: T5Configuration = configuration,
        headScale: Float = 0.25
    ) -> T5Parameters {
        let parameters = T5Parameters.random(configuration: configuration, seed: 21)
        var generator = RandomKey(seed: 22, path: 0).generator()
        for i in 0..<configuration.dModel {
            unsafe parameters.pointer(parameters.offsets.valueWeight + i).pointee = Float(generator.normal() * 0.1)
        }
        unsafe parameters.pointer(parameters.offsets.valueBias).pointee = 0.25
        if let head = parameters.entry(named: "lm_head.weight") {
            for i in 0..<head.count { unsafe parameters.pointer(head.offset + i).pointee *= headScale }
        }
        return parameters
    }

    private static func requests(_ count: Int, seed: UInt64 = 1) -> [GenerationRequest] {
        var generator = RandomKey(seed: seed, path: 9).generator()
        var source: [Int32] = []
        return (0..<count).map { i in
            // Every third request has the source of its neighbour; lengths cross the 32 positions of a chunk.
            if i % 3 != 1 {
                source = (0..<generator.integer(in: 1...75)).map { _ in Int32(generator.integer(in: 3...100)) }
            }
            return GenerationRequest(source: source, key: RandomKey(seed: seed, path: 5, UInt64(i)))
        }
    }

    private static func generate(
        _ requests: [GenerationRequest],
        _ settings: SamplingSettings,
        parameters: T5Parameters
    ) throws -> [GeneratedSequence] {
        let generator = T5Generator(configuration: parameters.configuration)
        return try #require(generator.generate(parameters: parameters, requests: requests, settings: settings))
    }

    private static func score(
        _ request: GenerationRequest,
        _ tokens: [Int32],
        supports: [[Int32]]?,
        _ settings: SamplingSettings,
        parameters: T5Parameters
    ) throws -> ScoredTarget {
        let scorer = T5Scorer(configuration: parameters.configuration)
        let target = TeacherForcedBatch.Target(sourceIndex: 0, tokens: tokens, supports: supports)
        let scored = scorer.forward(
            parameters: parameters,
            batch: TeacherForcedBatch(sources: [request.source], targets: [target]),
            settings: settings,
            keepForBackward: false
        )
        return try #require(scored.first)
    }

    private static func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
        a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
    }

    @Test(arguments: [
        SamplingSettings(maximumLength: 70),
        SamplingSettings(topK: 5, maximumLength: 40),
        SamplingSettings(topP: 0.9, maximumLength: 40),
        SamplingSettings(temperature: 0.7, maximumLength: 40),
        SamplingSettings(minimumLength: 35, maximumLength: 40),
        SamplingSettings(temperature: 1.4, topK: 50, topP: 0.95, minimumLength: 3, maximumLength: 40),
        SamplingSettings(greedy: true, maximumLength: 40),
    ])
    func whatIsRecordedIsWhatTeacherForcingOfOneSequenceSays(settings: SamplingSettings) throws {
        for tied in [true, false] {
            var configuration = Self.configuration
            configuration.tieWordEmbeddings = tied
            let parameters = Self.weights(configuration)
            let requests = Self.requests(12)
            let completions = try Self.generate(requests, settings, parameters: parameters)
            for (request, completion) in zip(requests, completions) {
                let expected = try Self.score(
                    request,
                    completion.tokens,
                    supports: completion.supports,
                    settings,
                    parameters: parameters
                )
                #expect(Self.largestDifference(completion.logProbabilities, expected.logProbabilities) < 1e-5)
                #expect(Self.largestDifference(completion.entropies, expected.entropies) < 1e-5)
                #expect(Self.largestDifference(completion.values, expected.values) < 1e-5)
                #expect(completion.finished == (completion.tokens.last == configuration.eosTokenID))
                #expect(completion.finished || completion.tokens.count == settings.maximumLength)
                #expect(!completion.tokens.dropLast().contains(configuration.eosTokenID))
                #expect(!completion.finished || completion.tokens.count > settings.minimumLength)
                #expect((completion.supports != nil) == settings.truncates)
            }
        }
    }

    /// Keys are mixed in blocks of 512: a prompt of 1,100 tokens has two of them and the start of a third.
    @Test func aLongPromptIsRecordedToTheBitThatTeacherForcingGives() throws {
        var configuration = Self.configuration
        configuration.tieWordEmbeddings = false
        let parameters = Self.weights(configuration, headScale: 0.8)
        let source = (0..<1100).map { Int32($0 * 31 % 97 + 3) }
        let settings = SamplingSettings(topK: 20, maximumLength: 20)
        let request = GenerationRequest(source: source, key: RandomKey(seed: 3, path: 1))
        let completion = try #require(try Self.generate([request], settings, parameters: parameters).first)
        let expected = try Self.score(
            request,
            completion.tokens,
            supports: completion.supports,
            settings,
            parameters: parameters
        )
        #expect(completion.logProbabilities == expected.logProbabilities)
        #expect(completion.values == expected.values)
    }

    /// Logits of 30 are spaced 2e-6 apart, so that two orders of summation would differ by more than the limit.
    @Test(arguments: [8, 32, 40])
    func largeLogitsAreRecordedToTheBitThatTeacherForcingGives(headWidth: Int) throws {
        var configuration = T5Configuration(
            dModel: 128,
            dKV: headWidth,
            dFF: 320,
            numEncoderLayers: 2,
            numDecoderLayers: 2,
            numHeads: 4,
            vocabularySize: 101
        )
        configuration.tieWordEmbeddings = false
        let parameters = Self.weights(configuration, headScale: 0.8)
        let settings = SamplingSettings(maximumLength: 70)
        let requests = Self.requests(12)
        let vocabulary = try (0..<Int32(101)).map { token in
            try Self.score(requests[0], [token], supports: nil, settings, parameters: parameters).logProbabilities[0]
        }
        #expect((vocabulary.max() ?? 0) - (vocabulary.min() ?? 0) > 30)

        let completions = try Self.generate(requests, settings, parameters: parameters)
        #expect(completions.contains { $0.tokens.count > 64 && ($0.logProbabilities.min() ?? 0) < -5 })
        let scorer = T5Scorer(configuration: configuration)
        let together = scorer.forward(
            parameters: parameters,
            batch: TeacherForcedBatch(
                sources: requests.map(\.source),
                targets: completions.enumerated().map { .init(sourceIndex: $0.offset, tokens: $0.element.tokens) }
            ),
            settings: settings,
            keepForBackward: true
        )
        for (completion, scored) in zip(completions, together) {
            #expect(Self.largestDifference(completion.logProbabilities, scored.logProbabilities) <= 1e-5)
            #expect(Self.largestDifference(completion.values, scored.values) <= 1e-5)
            // The variant without fused multiply-adds rounds differently from Swift's own loops over the cache.
            guard RowKernels.usesFusedMultiplyAdd else { continue }
            #expect(completion.logProbabilities == scored.logProbabilities)
            #expect(completion.entropies == scored.entropies)
            #expect(completion.values == scored.values)
        }
    }

    @Test func greedyTakesTheMostProbableTokenOfEveryStep() throws {
        let parameters = Self.weights()
        let settings = SamplingSettings(greedy: true, maximumLength: 6)
        let requests = Self.requests(3)
        for (request, completion) in zip(requests, try Self.generate(requests, settings, parameters: parameters)) {
            for (position, token) in completion.tokens.enumerated() {
                let prefix = completion.tokens.prefix(position)
                let scores = try (0..<Int32(101)).map { candidate in
                    try Self.score(request, prefix + [candidate], supports: nil, settings, parameters: parameters)
                        .logProbabilities[position]
                }
                #expect(scores.max() == scores[Int(token)])
            }
        }
    }

    @Test func aCompletionDoesNotDependOnItsNeighbours() throws {
        let parameters = Self.weights()
        let settings = SamplingSettings(maximumLength: 40)
        let requests = Self.requests(23)
        let together = try Self.generate(requests, settings, parameters: parameters)
        #expect(Set(together.map(\.tokens.count)).count > 1)
        for (request, expected) in zip(requests, together) {
            let alone = try Self.generate([request], settings, parameters: parameters)[0]
            #expect(alone.tokens == expected.tokens)
            #expect(Self.largestDifference(alone.logProbabilities, expected.logProbabilities) < 1e-5)
            #expect(Self.largestDifference(alone.values, expected.values) < 1e-5)
        }
    }

    @Test func equalKeysGiveEqualCompletionsWhateverTheGeneratorDidBefore() throws {
        let parameters = Self.weights()
        let generator = T5Generator(configuration: Self.configuration)
        let settings = SamplingSettings(maximumLength: 40)
        let first = generator.generate(parameters: parameters, requests: Self.requests(7), settings: settings)
        _ = generator.generate(
            parameters: parameters,
            requests: Self.requests(30, seed: 2),
            settings: SamplingSettings(topK: 3, maximumLength: 80)
        )
        let second = generator.generate(parameters: parameters, requests: Self.requests(7), settings: settings)
        #expect(first == second && first != nil)
        let others = Self.requests(7).map {
            GenerationRequest(source: $0.source, key: RandomKey(seed: 99, path: $0.key.low))
        }
        #expect(generator.generate(parameters: parameters, requests: others, settings: settings) != first)
    }

    @Test func aRequestToStopEndsTheBatch() {
        let generator = T5Generator(configuration: Self.configuration)
        var asked = 0
        let result = generator.generate(
            parameters: Self.weights(),
            requests: Self.requests(4),
            settings: SamplingSettings(minimumLength: 9, maximumLength: 9),
            shouldStop: {
                asked += 1
                return asked == 5
            }
        )
        #expect(result == nil)
        #expect(asked == 5)
    }

    @Test func nothingAskedNothingGenerated() throws {
        #expect(try Self.generate([], SamplingSettings(maximumLength: 3), parameters: Self.weights()).isEmpty)
    }

    /// A vocabulary of 6 and one decoder step: χ² with 5 degrees of freedom is below 20.5 with probability 0.999.
    @Test func firstTokensComeUpAsOftenAsTheModelSays() throws {
        let configuration = T5Configuration(
            dModel: 8,
            dKV: 4,
            dFF: 16,
            numEncoderLayers: 1,
            numDecoderLayers: 1,
            numHeads: 2,
            vocabularySize: 6
        )
        let parameters = T5Parameters.random(configuration: configuration, seed: 4)
        let settings = SamplingSettings(maximumLength: 1)
        let requests = (0..<4000).map {
            GenerationRequest(source: [3, 4, 5], key: RandomKey(seed: 6, path: UInt64($0)))
        }
        var counts = [Float](repeating: 0, count: 6)
        var probabilities = counts
        for completion in try Self.generate(requests, settings, parameters: parameters) {
            counts[Int(completion.tokens[0])] += 1
        }
        for token in 0..<Int32(6) {
            let scored = try Self.score(requests[0], [token], supports: nil, settings, parameters: parameters)
            probabilities[Int(token)] = exponential(scored.logProbabilities[0])
        }
        #expect(abs(probabilities.reduce(0, +) - 1) < 1e-5)
        let statistic = zip(counts, probabilities).reduce(Float(0)) {
            $0 + ($1.0 - 4000 * $1.1) * ($1.0 - 4000 * $1.1) / (4000 * $1.1)
        }
        #expect(statistic < 20.5 && statistic > 0, "\(counts) \(probabilities)")
    }
}

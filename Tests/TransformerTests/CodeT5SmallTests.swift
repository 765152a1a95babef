import Checkpoints
import Determinism
import Tensors
import Testing
import Transformer

/// CodeT5-small's exact shape beside transformers; the weights follow from a rule, so that the fixture is small.
struct CodeT5SmallTests {
    /// What Tools/reference/generate_codet5_small_fixture.py does, in the same arithmetic.
    private static func mixed(_ number: Int, _ hash: UInt32) -> UInt32 {
        var bits = UInt32(truncatingIfNeeded: number) &* 2_654_435_761 &+ hash
        bits = (bits ^ bits >> 16) &* 0x85EB_CA6B
        bits = (bits ^ bits >> 13) &* 0xC2B2_AE35
        return bits ^ bits >> 16
    }

    private static func hash(_ name: String) -> UInt32 {
        name.utf8.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }

    private static func weights(_ configuration: T5Configuration) -> T5Parameters {
        let parameters = T5Parameters(configuration: configuration)
        for entry in parameters.entries {
            let (width, base): (Float, Float) =
                if entry.name.contains("layer_norm") {
                    (1, 1)
                } else if entry.name == "shared.weight" || entry.name.contains("relative_attention_bias") {
                    (3, 0)
                } else if entry.name == "value_head.bias" {
                    (1, 0)
                } else if entry.name.hasSuffix(".q.weight") {
                    (0.03125, 0)
                } else {
                    (Float(4 / Double(entry.shape[1]).squareRoot()), 0)
                }
            let values = unsafe parameters.pointer(entry.offset)
            let hash = hash(entry.name)
            for i in 0..<entry.count {
                unsafe values[i] = (Float(mixed(i, hash) >> 8) * 0x1p-24 - 0.5) * width + base
            }
        }
        return parameters
    }

    @Test("Scores, loss, gradients and greedy completions of CodeT5-small's shape are those of transformers")
    func theShapeOfCodeT5SmallAgreesWithTransformers() throws {
        let fixture = try FixtureFile("codet5_small")
        let file = fixture.file
        let parameters = Self.weights(fixture.configuration)
        let scores = T5Scorer(configuration: fixture.configuration).forward(
            parameters: parameters,
            batch: fixture.batch,
            settings: fixture.settings,
            keepForBackward: false
        )
        #expect(
            largestDifference(scores.flatMap(\.logProbabilities), try file.floats(of: "log_probabilities")) < 1e-4
        )
        #expect(largestDifference(scores.flatMap(\.entropies), try file.floats(of: "entropies")) < 1e-4)
        #expect(largestDifference(scores.flatMap(\.values), try file.floats(of: "values")) < 1e-4)
        let (loss, gradients) = try fixture.lossAndGradient(parameters)
        #expect(abs(loss - Double(try file.floats(of: "loss")[0])) < 1e-5)
        for entry in gradients.entries { try Self.expectGradient(gradients, entry, file) }
        try Self.expectCandidates(fixture, parameters)
        try Self.expectGreedy(fixture, parameters)
    }

    /// Norm, sum and some elements, against the norm of the tensor or of one element of average size.
    private static func expectGradient(
        _ gradients: T5Parameters,
        _ entry: T5Parameters.Entry,
        _ file: SafetensorsFile
    ) throws {
        let expected = try file.floats(of: "gradient.\(entry.name)").map(Double.init)
        var (squares, sum) = (0.0, 0.0)
        let values = unsafe gradients.pointer(entry.offset)
        for i in 0..<entry.count {
            let value = unsafe Double(values[i])
            squares += value * value
            sum += value
        }
        let norm = expected[0]
        let average = norm / Double(entry.count).squareRoot()
        #expect(norm > 0, "\(entry.name)")
        #expect(abs(squares.squareRoot() - norm) < 1e-4 * norm, "\(entry.name)")
        // Errors of the elements add up like a random walk, as the norm does.
        #expect(abs(sum - expected[1]) < 1e-3 * norm, "\(entry.name)")
        for (sample, value) in expected.dropFirst(2).enumerated() {
            let place = Int(mixed(sample, hash(entry.name)) % UInt32(entry.count))
            let found = unsafe Double(values[place])
            #expect(abs(found - value) < 1e-3 * average + 1e-4 * abs(value), "\(entry.name) at \(place)")
        }
    }

    /// Tokens that were not drawn.
    private static func expectCandidates(_ fixture: FixtureFile, _ parameters: T5Parameters) throws {
        let candidates = try fixture.file.int64s(of: "candidates").map(Int32.init)
        let targets = fixture.batch.sources.indices.flatMap { source in
            candidates.map { TeacherForcedBatch.Target(sourceIndex: source, tokens: [$0]) }
        }
        let scores = T5Scorer(configuration: fixture.configuration).forward(
            parameters: parameters,
            batch: TeacherForcedBatch(sources: fixture.batch.sources, targets: targets),
            settings: fixture.settings,
            keepForBackward: false
        )
        let expected = try fixture.file.floats(of: "candidate_log_probabilities")
        #expect(largestDifference(scores.flatMap(\.logProbabilities), expected) < 1e-4)
    }

    private static func expectGreedy(_ fixture: FixtureFile, _ parameters: T5Parameters) throws {
        let expected = try fixture.file.int64s(of: "greedy").map(Int32.init)
        let generated = T5Generator(configuration: fixture.configuration).generate(
            parameters: parameters,
            requests: fixture.batch.sources.map { GenerationRequest(source: $0, key: RandomKey(seed: 1, path: 1)) },
            settings: SamplingSettings(greedy: true, minimumLength: 12, maximumLength: 12)
        )
        #expect(generated?.flatMap(\.tokens) == expected)
    }
}

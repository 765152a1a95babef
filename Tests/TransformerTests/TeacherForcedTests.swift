import Checkpoints
import Tensors
import Testing
import Transformer

struct TeacherForcedTests {
    @Test("Log-probabilities, entropies and values are those of transformers", arguments: FixtureFile.names)
    func scoresAgreeWithTransformers(name: String) throws {
        let fixture = try FixtureFile(name)
        let scores = T5Scorer(configuration: fixture.configuration).forward(
            parameters: try fixture.parameters(),
            batch: fixture.batch,
            settings: fixture.settings,
            keepForBackward: false
        )
        let file = fixture.file
        #expect(scores.map(\.values.count) == fixture.batch.targets.map(\.tokens.count))
        let expected = try file.floats(of: "log_probabilities")
        #expect(largestDifference(scores.flatMap(\.logProbabilities), expected) < 1e-4)
        #expect(largestDifference(scores.flatMap(\.entropies), try file.floats(of: "entropies")) < 1e-4)
        #expect(largestDifference(scores.flatMap(\.values), try file.floats(of: "values")) < 1e-4)
    }

    @Test("The loss is that of transformers to 1e-5", arguments: FixtureFile.names)
    func lossAgreesWithTransformers(name: String) throws {
        let fixture = try FixtureFile(name)
        let (loss, _) = try fixture.lossAndGradient(try fixture.parameters())
        let expected = try fixture.file.floats(of: "loss")
        #expect(abs(loss - Double(expected[0])) < 1e-5)
    }

    @Test("Every distance from −300 to 300 is in the bucket transformers puts it in")
    func bucketsAgreeWithTransformers() throws {
        let file = try SafetensorsFile(contentsOf: FixtureFile.url("relative_positions"))
        let distances = try file.int64s(of: "distances")
        for (name, bidirectional) in [("encoder", true), ("decoder", false)] {
            let buckets = distances.map {
                Int64(
                    relativePositionBucket(
                        distance: Int($0),
                        bidirectional: bidirectional,
                        buckets: 32,
                        maxDistance: 128
                    )
                )
            }
            #expect(try file.int64s(of: name) == buckets, "\(name)")
        }
    }

    @Test("A completion scored alone has the scores it has in a batch", arguments: FixtureFile.names)
    func aloneEqualsBatched(name: String) throws {
        let fixture = try FixtureFile(name)
        let parameters = try fixture.parameters()
        let scorer = T5Scorer(configuration: fixture.configuration)
        let together = scorer.forward(
            parameters: parameters,
            batch: fixture.batch,
            settings: fixture.settings,
            keepForBackward: false
        )
        for (target, expected) in zip(fixture.batch.targets, together) {
            var single = target
            single.sourceIndex = 0
            let alone = scorer.forward(
                parameters: parameters,
                batch: TeacherForcedBatch(sources: [fixture.batch.sources[target.sourceIndex]], targets: [single]),
                settings: fixture.settings,
                keepForBackward: true
            )
            #expect(largestDifference(alone[0].logProbabilities, expected.logProbabilities) < 1e-5)
            #expect(largestDifference(alone[0].values, expected.values) < 1e-5)
        }
    }

    @Test("A token sees the tokens before it and none after it")
    func decoderIsCausal() throws {
        let fixture = try FixtureFile("tied")
        let parameters = try fixture.parameters()
        var changed = fixture.batch
        let last = changed.targets[1].tokens.count - 1
        changed.targets[1].tokens[last] = 9
        changed.targets[1].tokens[last - 3] = 11
        let scorer = T5Scorer(configuration: fixture.configuration)
        let scores = [fixture.batch, changed].map {
            scorer.forward(parameters: parameters, batch: $0, settings: fixture.settings, keepForBackward: false)[1]
        }
        #expect(scores[0].values[...(last - 3)] == scores[1].values[...(last - 3)])
        #expect(abs(scores[0].values[last - 2] - scores[1].values[last - 2]) > 1e-3)
    }

    @Test("Keeping activations, and a scorer used before, change no bit of the scores")
    func repeatedScoresAreIdentical() throws {
        let fixture = try FixtureFile("wide_heads")
        let parameters = try fixture.parameters()
        let scorer = T5Scorer(configuration: fixture.configuration)
        let runs = [false, true, false].map {
            scorer.forward(
                parameters: parameters,
                batch: fixture.batch,
                settings: fixture.settings,
                keepForBackward: $0
            )
        }
        #expect(runs[0] == runs[1] && runs[1] == runs[2])
    }

    @Test("Scorers on several threads at once give the bits they give alone")
    func threadsDoNotInterfere() async throws {
        let fixture = try FixtureFile("top_k")
        let parameters = try fixture.parameters()
        let alone = try fixture.lossAndGradient(parameters)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<10).allSatisfy { _ in
                        guard let run = try? fixture.lossAndGradient(parameters) else { return false }
                        return run.loss == alone.loss
                            && (0..<run.gradients.buffer.count).allSatisfy {
                                unsafe run.gradients.buffer.base[$0] == alone.gradients.buffer.base[$0]
                            }
                    }
                }
            }
            for await isSame in group { #expect(isSame) }
        }
    }

    @Test("Empty batches and empty completions score to nothing, and give no gradient")
    func emptyCompletions() throws {
        let fixture = try FixtureFile("tied")
        let parameters = try fixture.parameters()
        let scorer = T5Scorer(configuration: fixture.configuration)
        for targets in [[], [TeacherForcedBatch.Target(sourceIndex: 1, tokens: [])]] {
            let scores = scorer.forward(
                parameters: parameters,
                batch: TeacherForcedBatch(sources: fixture.batch.sources, targets: targets),
                settings: fixture.settings,
                keepForBackward: true
            )
            #expect(scores == targets.map { _ in ScoredTarget(logProbabilities: [], entropies: [], values: []) })
            let gradients = T5Parameters(configuration: fixture.configuration)
            scorer.backward(
                parameters: parameters,
                gradients: gradients,
                logProbabilityGradients: targets.map { _ in [] },
                entropyGradients: nil,
                valueGradients: nil
            )
            #expect((0..<gradients.buffer.count).allSatisfy { unsafe gradients.buffer.base[$0] == 0 })
        }
    }

    @Test("A token id outside the vocabulary stops the program by name, in release too")
    func foreignTokensAreNamed() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let configuration = T5Configuration(
                dModel: 8,
                dKV: 4,
                dFF: 8,
                numEncoderLayers: 1,
                numDecoderLayers: 1,
                numHeads: 2,
                vocabularySize: 37
            )
            _ = T5Scorer(configuration: configuration).forward(
                parameters: T5Parameters(configuration: configuration),
                batch: TeacherForcedBatch(sources: [[4, 37]], targets: []),
                settings: SamplingSettings(maximumLength: 8),
                keepForBackward: false
            )
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("source 0: token id 37 is not in 0..<37"))
    }
}

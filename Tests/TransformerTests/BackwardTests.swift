import Tensors
import Testing
import Transformer

struct BackwardTests {
    @Test("Every parameter's gradient is that of PyTorch to 1e-4 of its norm", arguments: FixtureFile.names)
    func gradientsAgreeWithPyTorch(name: String) throws {
        let fixture = try FixtureFile(name)
        let (_, gradients) = try fixture.lossAndGradient(try fixture.parameters())
        let expected = try fixture.parameters("gradient")
        for entry in gradients.entries {
            #expect(relativeDifference(gradients, expected, entry) < 1e-4, "\(entry.name)")
        }
    }

    @Test("The gradient agrees with central differences at the steepest elements of every tensor")
    func gradientsAgreeWithFiniteDifferences() throws {
        let fixture = try FixtureFile("tied")
        let parameters = try fixture.parameters()
        let (_, gradients) = try fixture.lossAndGradient(parameters)
        for entry in parameters.entries {
            let steepest = (entry.offset..<entry.offset + entry.count)
                .sorted { unsafe abs(gradients.buffer.base[$0]) > abs(gradients.buffer.base[$1]) }
            for index in steepest.prefix(2) {
                let (original, analytic) = unsafe (parameters.buffer.base[index], gradients.buffer.base[index])
                // A wider step would cross the kinks of the ReLU, a narrower one drown in float32.
                let step: Float = 2e-3
                unsafe parameters.buffer.base[index] = original + step
                let above = try fixture.lossAndGradient(parameters).loss
                unsafe parameters.buffer.base[index] = original - step
                let below = try fixture.lossAndGradient(parameters).loss
                unsafe parameters.buffer.base[index] = original
                let numeric = (above - below) / Double(2 * step)
                let tolerance = 2e-3 + 0.03 * Double(abs(analytic))
                #expect(abs(numeric - Double(analytic)) < tolerance, "\(entry.name) at \(index - entry.offset)")
            }
        }
    }

    @Test("However a batch is split into micro-batches, the gradient is the same", arguments: ["tied", "top_k"])
    func microBatchesDoNotChangeTheGradient(name: String) throws {
        let fixture = try FixtureFile(name)
        let parameters = try fixture.parameters()
        let scorer = T5Scorer(configuration: fixture.configuration)
        let whole = try fixture.lossAndGradient(parameters, scorer: scorer).gradients
        for split in [[[0], [1], [2], [3], [4]], [[4, 1, 3], [0, 2]]] {
            let parts = try fixture.lossAndGradient(parameters, microBatches: split, scorer: scorer).gradients
            for entry in whole.entries {
                #expect(relativeDifference(parts, whole, entry) < 1e-5, "\(entry.name)")
            }
        }
    }

    /// Over many models, the part of the residual along the gradient, which a mistaken weight of a micro-batch would give the
    /// same sign every time, is on average within noise of zero; so is the sum of all elements.
    @Test("Splitting a batch leaves a residual without a preferred direction")
    func theResidualOfASplitHasMeanZero() throws {
        let fixture = try FixtureFile("tied")
        let scorer = T5Scorer(configuration: fixture.configuration)
        let seeds: Range<UInt64> = 0..<200
        var along: [Double] = []
        var sums: [Double] = []
        for seed in seeds {
            let parameters = T5Parameters.random(configuration: fixture.configuration, seed: 1000 + seed)
            let whole = try fixture.lossAndGradient(parameters, scorer: scorer).gradients.buffer
            let split = [[2, Int(seed % 2)], [3, 4], [1 - Int(seed % 2)]]
            let parts = try fixture.lossAndGradient(parameters, microBatches: split, scorer: scorer).gradients.buffer
            var (product, sum, squares, residual) = (0.0, 0.0, 0.0, 0.0)
            for i in 0..<whole.count {
                let (g, d) = unsafe (Double(whole.base[i]), Double(parts.base[i]) - Double(whole.base[i]))
                product += g * d
                sum += d
                squares += g * g
                residual += d * d
            }
            #expect(residual > 0 && residual < 1e-10 * squares, "seed \(seed)")
            along.append(product / squares)
            sums.append(sum / squares.squareRoot())
        }
        for residuals in [along, sums] {
            let mean = residuals.reduce(0, +) / Double(residuals.count)
            let variance = residuals.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(residuals.count - 1)
            let error = (variance / Double(residuals.count)).squareRoot()
            // A mean of zero is farther off once in 16,000 times.
            #expect(abs(mean) < 4 * error, "\(mean) ± \(error)")
            // And a bias of a millionth of the gradient would be seen.
            #expect(error < 2.5e-7)
        }
    }

    @Test("Activations computed again give the gradient of kept ones to the bit", arguments: FixtureFile.names)
    func recomputationChangesNoBit(name: String) throws {
        let fixture = try FixtureFile(name)
        let parameters = try fixture.parameters()
        let kept = try fixture.lossAndGradient(parameters).gradients
        let scorer = T5Scorer(configuration: fixture.configuration)
        scorer.recomputesActivations = true
        let recomputed = try fixture.lossAndGradient(parameters, scorer: scorer).gradients
        #expect(recomputed.digest() == kept.digest())
    }

    @Test(
        "A pass takes from its workspace what was planned, to the float",
        arguments: FixtureFile.names,
        [true, false]
    )
    func memoryIsAsPlanned(name: String, recomputes: Bool) throws {
        let fixture = try FixtureFile(name)
        let parameters = try fixture.parameters()
        let scorer = T5Scorer(configuration: fixture.configuration)
        scorer.recomputesActivations = recomputes
        let planned = scorer.plannedFloats(fixture.batch, keepForBackward: true)
        _ = try fixture.lossAndGradient(parameters, scorer: scorer)
        #expect(scorer.peakFloats == planned)

        let plannedForward = scorer.plannedFloats(fixture.batch, keepForBackward: false)
        _ = scorer.forward(
            parameters: parameters,
            batch: fixture.batch,
            settings: fixture.settings,
            keepForBackward: false
        )
        #expect(scorer.peakFloats == plannedForward)
        #expect(plannedForward < planned)
    }

    @Test("With many layers recomputation needs less memory")
    func recomputationNeedsLessMemory() {
        let shape = T5Configuration(
            dModel: 64,
            dKV: 16,
            dFF: 128,
            numEncoderLayers: 12,
            numDecoderLayers: 12,
            numHeads: 4,
            vocabularySize: 100
        )
        let tokens = [Int32](repeating: 7, count: 100)
        let batch = TeacherForcedBatch(sources: [tokens], targets: [.init(sourceIndex: 0, tokens: tokens)])
        let scorer = T5Scorer(configuration: shape)
        let kept = scorer.plannedFloats(batch, keepForBackward: true)
        scorer.recomputesActivations = true
        #expect(scorer.plannedFloats(batch, keepForBackward: true) * 3 < kept)
    }

    @Test("A detached critic gives gradient to the value head and to nothing else")
    func detachedCriticLeavesTheTrunkAlone() throws {
        let fixture = try FixtureFile("untied")
        let parameters = try fixture.parameters()
        for stops in [true, false] {
            let scorer = T5Scorer(configuration: fixture.configuration)
            scorer.stopValueGradientIntoTrunk = stops
            let gradients = T5Parameters(configuration: fixture.configuration)
            let scores = scorer.forward(
                parameters: parameters,
                batch: fixture.batch,
                settings: fixture.settings,
                keepForBackward: true
            )
            scorer.backward(
                parameters: parameters,
                gradients: gradients,
                logProbabilityGradients: scores.map { $0.values.map { _ in 0 } },
                entropyGradients: nil,
                valueGradients: scores.map { $0.values.map { _ in 1 } }
            )
            for entry in gradients.entries {
                let values = (entry.offset..<entry.offset + entry.count).map { unsafe gradients.buffer.base[$0] }
                let isReached =
                    entry.name.hasPrefix("value_head") || (!stops && !entry.name.hasPrefix("lm_head"))
                #expect(values.contains { $0 != 0 } == isReached, "\(entry.name), stops \(stops)")
            }
        }
    }

    @Test("Backward adds to what the gradients hold, and is the same every time to the bit")
    func backwardAccumulates() throws {
        let fixture = try FixtureFile("uneven_layers")
        let parameters = try fixture.parameters()
        let scorer = T5Scorer(configuration: fixture.configuration)
        let once = try fixture.lossAndGradient(parameters, scorer: scorer).gradients
        let again = try fixture.lossAndGradient(parameters, scorer: scorer).gradients
        let everyTarget = Array(fixture.batch.targets.indices)
        let twice = try fixture.lossAndGradient(parameters, microBatches: [everyTarget, everyTarget]).gradients
        for i in 0..<once.buffer.count {
            #expect(unsafe once.buffer.base[i] == again.buffer.base[i])
            #expect(unsafe abs(twice.buffer.base[i] - 2 * once.buffer.base[i]) <= 1e-6)
        }
    }
}

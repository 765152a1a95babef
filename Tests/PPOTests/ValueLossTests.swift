import PPO
import Testing

struct ValueLossTests {
    /// One token of three is clipped, with ε = 0.2.
    ///
    /// Token 0 moved 0.5 towards its return 2 from 0: (0.5 − 2)² = 2.25 < (0.2 − 2)² = 3.24, so it is clipped. Token 1 moved 0.5 away from its return −1: 2.25 > 1.44, not clipped. Token 2 moved 0.1: 0.81, not clipped.
    @Test func matchesHandWorkedTokens() {
        let (gradients, statistics) = clippedValueLoss(
            values: [0.5, 0.5, 0.1].span,
            behaviourValues: [0, 0, 0].span,
            returns: [2, -1, 1].span,
            clipEpsilon: 0.2,
            normalizer: 0.5
        )
        #expect(difference([gradients], [[0, 0.75, -0.45]]) < 1e-7)
        #expect(abs(statistics.loss - 0.5 * 0.5 * (3.24 + 2.25 + 0.81)) < 1e-6)
        #expect(statistics.clippedTokens == 1)
    }

    @Test func lossGradientAndStatisticsMatchPyTorch() throws {
        let fixture = try LossFixture.load()
        let (gradients, statistics) = valueLoss(fixture, values: fixture.values)
        #expect(abs(statistics.loss - fixture.value.loss) <= 1e-6)
        #expect(relativeDifference(gradients, fixture.value.gradients) <= 1e-5)
        #expect(abs(statistics.clipFraction - fixture.value.clipFraction) < 1e-12)
        #expect(statistics.clippedTokens > 3 && statistics.clippedTokens < statistics.tokens - 3)
    }

    @Test func gradientMatchesFiniteDifferences() throws {
        let fixture = try LossFixture.load()
        let (gradients, _) = valueLoss(fixture, values: fixture.values)
        let h: Float = 1e-3
        for i in fixture.values.indices {
            for t in fixture.values[i].indices {
                let distance = abs(fixture.values[i][t] - fixture.behaviourValues[i][t])
                guard abs(distance - fixture.valueClipEpsilon) > 0.005 else { continue }
                var up = fixture.values
                var down = fixture.values
                up[i][t] += h
                down[i][t] -= h
                let slope =
                    (valueLoss(fixture, values: up).1.loss - valueLoss(fixture, values: down).1.loss)
                    / Double(up[i][t] - down[i][t])
                #expect(abs(slope - Double(gradients[i][t])) < 2e-5, "trajectory \(i), token \(t)")
            }
        }
    }

    @Test func explainedVarianceMatchesPyTorch() throws {
        let fixture = try LossFixture.load()
        let variance = try #require(
            explainedVariance(
                values: fixture.behaviourValues,
                returns: fixture.returns,
                included: fixture.returns.map { _ in true }
            )
        )
        #expect(abs(variance - fixture.value.explainedVariance) <= 1e-6)
    }

    @Test func explainedVarianceIgnoresMaskedTrajectoriesAndKnowsItsEnds() {
        let returns: [[Float]] = [[1, 2], [.nan, .nan], [3]]
        let included = [true, false, true]
        #expect(explainedVariance(values: returns, returns: returns, included: included) == 1)
        #expect(explainedVariance(values: [[2, 2], [0, 0], [2]], returns: returns, included: included) == 0)
        #expect(explainedVariance(values: [[0]], returns: [[5]], included: [true]) == nil)
    }

    private func valueLoss(_ fixture: LossFixture, values: [[Float]]) -> ([[Float]], ValueStatistics) {
        var statistics = ValueStatistics()
        let lengths = values.map(\.count)
        let normalizer = lossNormalizer(lengths: lengths, included: lengths.map { _ in true })
        let gradients = values.indices.map { i in
            let row = values[i]
            let behaviourValues = fixture.behaviourValues[i]
            let returns = fixture.returns[i]
            let (gradient, figures) = clippedValueLoss(
                values: row.span,
                behaviourValues: behaviourValues.span,
                returns: returns.span,
                clipEpsilon: fixture.valueClipEpsilon,
                normalizer: normalizer
            )
            statistics.merge(figures)
            return gradient
        }
        return (gradients, statistics)
    }
}

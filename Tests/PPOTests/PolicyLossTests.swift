import Foundation
import PPO
import Testing

struct PolicyLossTests {
    /// Ratios 1.5, 1.5, 0.5, 1 with ε = 0.2; advantages 1, −1, −1, 2.
    ///
    /// −A·r = −1.5, 1.5, 0.5, −2; −A·clip = −1.2, 1.2, 0.8, −2; the larger ones −1.2, 1.5, 0.8, −2 sum to −0.9.
    @Test func matchesHandWorkedTokens() {
        let (gradients, statistics) = clippedSurrogate(
            logProbabilities: [log(1.5), log(1.5), log(0.5), 0].span,
            behaviourLogProbabilities: [0, 0, 0, 0].span,
            advantages: [1, -1, -1, 2].span,
            clip: ClipRange(0.2),
            normalizer: 0.25
        )
        #expect(difference([gradients], [[0, 0.375, 0, -0.5]]) < 1e-7)
        #expect(abs(statistics.loss - -0.9 / 4) < 1e-7)
        #expect(statistics.clippedTokens == 2)
        #expect(statistics.clipFraction == 0.5)
        #expect(abs(statistics.meanRatio - 4.5 / 4) < 1e-7)
        #expect(abs(statistics.maximumRatio - 1.5) < 1e-6)
        // k3 = r − 1 − log r: 0.0945349 twice, 0.1931472, 0.
        #expect(abs(statistics.approximateKL - (2 * 0.0945349 + 0.1931472) / 4) < 1e-6)
    }

    @Test func theFirstRatioIsExactlyOne() {
        let recorded: [Float] = [-0.1, -17.25, -3e-7]
        let (_, statistics) = clippedSurrogate(
            logProbabilities: recorded.span,
            behaviourLogProbabilities: recorded.span,
            advantages: [1, 2, -3].span,
            clip: ClipRange(0.2),
            normalizer: 1
        )
        #expect(statistics.meanRatio == 1)
        #expect(statistics.maximumRatio == 1)
        #expect(statistics.maximumLogRatio == 0)
        #expect(statistics.approximateKL == 0)
        #expect(statistics.clippedTokens == 0)
    }

    @Test func lossGradientAndStatisticsMatchPyTorch() throws {
        let fixture = try LossFixture.load()
        let (gradients, statistics) = surrogate(fixture)
        #expect(abs(statistics.loss - fixture.policy.loss) <= 1e-6)
        #expect(relativeDifference(gradients, fixture.policy.gradients) <= 1e-5)
        #expect(abs(statistics.clipFraction - fixture.policy.clipFraction) < 1e-12)
        #expect(abs(statistics.approximateKL - fixture.policy.approximateKl) <= 1e-6)
        #expect(abs(statistics.meanRatio - fixture.policy.meanRatio) <= 1e-6)
        #expect(abs(Double(statistics.maximumRatio) - fixture.policy.maximumRatio) <= 1e-6)
        // The fixture must exercise both branches, or agreement would say little.
        #expect(statistics.clippedTokens > 3 && statistics.clippedTokens < statistics.tokens - 3)
    }

    @Test func gradientMatchesFiniteDifferences() throws {
        let fixture = try LossFixture.load()
        let (gradients, _) = surrogate(fixture)
        let h: Float = 1e-3
        for i in fixture.current.indices {
            for t in fixture.current[i].indices {
                // A kink has no derivative to compare with.
                let ratio = exp(fixture.current[i][t] - fixture.behaviour[i][t])
                guard abs(ratio - 0.8) > 0.01, abs(ratio - 1.2) > 0.01 else { continue }
                var up = fixture.current
                var down = fixture.current
                up[i][t] += h
                down[i][t] -= h
                let slope =
                    (surrogate(fixture, current: up).1.loss - surrogate(fixture, current: down).1.loss)
                    / Double(up[i][t] - down[i][t])
                #expect(abs(slope - Double(gradients[i][t])) < 2e-5, "trajectory \(i), token \(t)")
            }
        }
    }

    /// Accumulated over micro-batches in any grouping, each trajectory's gradient is the same to the last bit.
    @Test(arguments: [[[0, 1, 2, 3, 4]], [[0], [1], [2], [3], [4]], [[2, 0], [4, 1, 3]]])
    func noMicroBatchSplitChangesTheGradient(split: [[Int]]) throws {
        let fixture = try LossFixture.load()
        let (whole, total) = surrogate(fixture)
        var gradients = [[Float]](repeating: [], count: fixture.current.count)
        var statistics = PolicyStatistics()
        for microBatch in split {
            var part = PolicyStatistics()
            for i in microBatch {
                let (gradient, figures) = surrogate(fixture, trajectory: i)
                gradients[i] = gradient
                part.merge(figures)
            }
            statistics.merge(part)
        }
        #expect(gradients == whole)
        // The comparison can see: each micro-batch divided by its own tokens, as others did, is another gradient.
        if split.count > 1 {
            let own = surrogate(fixture, trajectory: split[0][0], normalizedOver: split[0]).0
            #expect(own != whole[split[0][0]])
        }
        #expect(abs(statistics.loss - total.loss) < 1e-12)
        #expect(statistics.tokens == total.tokens && statistics.clippedTokens == total.clippedTokens)
    }

    @Test func normalizerCountsIncludedTokensOnly() {
        #expect(lossNormalizer(lengths: [3, 100, 5], included: [true, false, true]) == 0.125)
        #expect(lossNormalizer(lengths: [3], included: [false]) == 0)
    }

    @Test func entropyAndItsGradientMatchPyTorch() throws {
        let fixture = try LossFixture.load().entropy
        var gradients: [[Float]] = []
        for (row, expected) in zip(fixture.logProbabilities, fixture.entropies) {
            var gradient = [Float](repeating: 0, count: row.count)
            var span = gradient.mutableSpan
            let entropy = entropyBonus(
                logProbabilities: row.span,
                coefficient: fixture.coefficient,
                normalizer: 0.25,
                logitGradients: &span
            )
            #expect(abs(entropy - expected) <= 1e-6)
            gradients.append(gradient)
        }
        #expect(gradients.count == 4)
        #expect(relativeDifference(gradients, fixture.gradients) <= 1e-5)
    }

    /// Two of three tokens are possible, with p = ½ each: H = log 2, and the maximum has no gradient.
    @Test func tokensCutOffByTopKHaveNoEntropy() {
        var gradient: [Float] = [0, 7, 0]
        var span = gradient.mutableSpan
        let entropy = entropyBonus(
            logProbabilities: [log(0.5), -.infinity, log(0.5)].span,
            coefficient: 1,
            normalizer: 1,
            logitGradients: &span
        )
        #expect(abs(entropy - log(2)) < 1e-7)
        #expect(difference([gradient], [[0, 7, 0]]) < 1e-7)
    }

    private func surrogate(_ fixture: LossFixture, current: [[Float]]? = nil) -> ([[Float]], PolicyStatistics) {
        var statistics = PolicyStatistics()
        let gradients = fixture.current.indices.map { i in
            let (gradient, figures) = surrogate(fixture, trajectory: i, current: current)
            statistics.merge(figures)
            return gradient
        }
        return (gradients, statistics)
    }

    private func surrogate(
        _ fixture: LossFixture,
        trajectory i: Int,
        current: [[Float]]? = nil,
        normalizedOver indices: [Int]? = nil
    ) -> ([Float], PolicyStatistics) {
        let lengths = (indices ?? Array(fixture.current.indices)).map { fixture.current[$0].count }
        let logProbabilities = (current ?? fixture.current)[i]
        let behaviour = fixture.behaviour[i]
        let advantages = fixture.advantages[i]
        let (gradient, statistics) = clippedSurrogate(
            logProbabilities: logProbabilities.span,
            behaviourLogProbabilities: behaviour.span,
            advantages: advantages.span,
            clip: ClipRange(fixture.clipEpsilon),
            normalizer: lossNormalizer(lengths: lengths, included: lengths.map { _ in true })
        )
        return (gradient, statistics)
    }
}

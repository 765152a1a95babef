import PPO
import Testing

/// GRPO and its relatives against PyTorch, and against numbers worked by hand.
struct AlgorithmTests {
    @Test(arguments: AdvantageEstimator.allCases)
    func advantagesAgreeWithPyTorch(estimator: AdvantageEstimator) throws {
        let fixture = try AlgorithmFixture.load()
        let batch = AdvantageBatch(
            fixture.trajectories,
            groups: fixture.groups,
            klCoefficient: fixture.beta,
            configuration: fixture.configuration(estimator)
        )
        let expected = try #require(fixture.advantages[estimator.rawValue])
        #expect(relativeDifference(batch.advantages, expected) <= 1e-5)
        if estimator == .gae { #expect(relativeDifference(batch.returns, fixture.returns) <= 1e-5) }
    }

    @Test(arguments: LossAggregation.allCases)
    func clipHigherAndDualClipAgreeWithPyTorch(aggregation: LossAggregation) throws {
        let fixture = try AlgorithmFixture.load()
        let clip = ClipRange(fixture.low, high: fixture.high, dual: fixture.dual)
        let result = fixture.surrogate(old: fixture.behaviour, aggregation: aggregation, clip: clip)
        let expected = try #require(fixture.surrogates[aggregation.rawValue])
        #expect(abs(result.loss - expected.loss) <= 1e-6)
        #expect(relativeDifference(result.gradients, expected.gradients) <= 1e-5)
        // Each of the two makes a difference in this batch.
        for other in [ClipRange(fixture.low, dual: fixture.dual), ClipRange(fixture.low, high: fixture.high)] {
            #expect(
                fixture.surrogate(old: fixture.behaviour, aggregation: aggregation, clip: other).loss != result.loss
            )
        }
    }

    @Test func decoupledAndTruncatedLossesAgreeWithPyTorch() throws {
        let fixture = try AlgorithmFixture.load()
        for (cap, expected) in [(nil, fixture.decoupled), (fixture.cap, fixture.truncated)] {
            let weights = zip(fixture.proximal, fixture.behaviour).map {
                importanceWeights(proximal: $0, behaviour: $1, cap: cap)
            }
            let result = fixture.surrogate(
                old: fixture.proximal,
                weights: weights,
                aggregation: .tokenMean,
                clip: ClipRange(fixture.low, high: fixture.high)
            )
            #expect(abs(result.loss - expected.loss) <= 1e-6)
            #expect(relativeDifference(result.gradients, expected.gradients) <= 1e-5)
        }
        #expect(fixture.decoupled.loss != fixture.truncated.loss)
    }

    @Test(arguments: KLEstimator.allCases)
    func theKLLossAgreesWithPyTorch(estimator: KLEstimator) throws {
        let fixture = try AlgorithmFixture.load()
        let normalizers = lossWeights(lengths: fixture.lengths, aggregation: .sequenceMean, maximumLength: 1)
        let parts = fixture.current.indices.map { i in
            let (row, reference) = (fixture.current[i], fixture.reference[i])
            return klLoss(
                logProbabilities: row.span,
                referenceLogProbabilities: reference.span,
                coefficient: fixture.beta,
                estimator: estimator,
                normalizer: normalizers[i]
            )
        }
        let expected = try #require(fixture.kl[estimator.rawValue])
        #expect(abs(parts.reduce(0) { $0 + $1.loss } - expected.loss) <= 1e-6)
        #expect(relativeDifference(parts.map(\.gradients), expected.gradients) <= 1e-5)
    }

    @Test func normalizedScoresAgreeWithPyTorch() throws {
        let fixture = try AlgorithmFixture.load()
        var moments = RewardMoments()
        let all = fixture.scores.map { _ in true }
        let batch = normalizedScores(fixture.scores, included: all, rule: .batch, moments: &moments)
        #expect(relativeDifference([batch], [fixture.normalized_scores]) <= 1e-5)
        #expect(moments.count == 0)
        // In two halves the moments are those of the whole.
        var halves = RewardMoments()
        halves.add(Array(fixture.scores.prefix(4)))
        halves.add(Array(fixture.scores.dropFirst(4)))
        let running = normalizedScores(fixture.scores, included: all, rule: .running, moments: &moments)
        #expect(abs(halves.variance - moments.variance) < 1e-12 && abs(halves.mean - moments.mean) < 1e-12)
        #expect(zip(running, fixture.scores).allSatisfy { ($0 > 0) == ($1 > 0) })
    }

    /// Mean 2 and σ 1 in {3, 1, 2}, nothing in {5, 5}; {7} is alone, and the masked one takes no part.
    @Test func groupsAreComparedWithinThemselves() {
        let totals = [3, 1, 2, 5, 5, 7, Double.nan]
        let groups = [[0, 1, 2], [3, 4, 6], [5]]
        let included = [true, true, true, true, true, true, false]
        func advantages(_ estimator: AdvantageEstimator) -> [Double] {
            groupAdvantages(totals: totals, groups: groups, included: included, estimator: estimator)
        }
        #expect(advantages(.drgrpo) == [1, -1, 0, 0, 0, 0, 0])
        #expect(advantages(.rloo) == [1.5, -1.5, 0, 0, 0, 0, 0])
        #expect(zip(advantages(.grpo), [1, -1, 0, 0, 0, 0, 0]).allSatisfy { abs($0 - Double($1)) < 2e-6 })
        #expect(groupsWithoutVariance(totals: totals, groups: groups, included: included) == [1, 2])
    }

    /// Lengths 3, 0, 1 and a limit of 8.
    @Test func eachAggregationWeighsAsItSays() {
        func weights(_ aggregation: LossAggregation) -> [Float] {
            lossWeights(lengths: [3, 0, 1], aggregation: aggregation, maximumLength: 8)
        }
        #expect(weights(.tokenMean) == [0.25, 0, 0.25])
        #expect(weights(.sequenceMean) == [Float(1.0 / 6), 0, 0.5])
        #expect(weights(.constantLength) == [Float(1.0 / 16), 0, Float(1.0 / 16)])
    }

    /// r = 3, Â = −1, c = 2: 3 without the dual clip, 2 with it, and no gradient.
    @Test func theDualClipBoundsWhatABadTokenCosts() {
        let ratio: [Float] = [1.0986123]
        let (gradients, statistics) = clippedSurrogate(
            logProbabilities: ratio.span,
            behaviourLogProbabilities: [0].span,
            advantages: [-1].span,
            clip: ClipRange(0.2, dual: 2),
            normalizer: 1
        )
        #expect(gradients == [0] && statistics.loss == 2 && statistics.clippedTokens == 1)
    }

    @Test func aTokenOfWeightZeroCountsInNothing() {
        let (gradients, statistics) = clippedSurrogate(
            logProbabilities: [-1, .nan].span,
            behaviourLogProbabilities: [-1, -2].span,
            advantages: [1, .infinity].span,
            weights: [1, 0],
            clip: ClipRange(0.2),
            normalizer: 1
        )
        #expect(gradients == [-1, 0] && statistics.loss == -1 && statistics.tokens == 1)
    }

    /// What is left out may hold anything: the second group has no variance, the second trajectory is cut off.
    @Test(arguments: AdvantageEstimator.allCases, [Float.nan, .infinity])
    func whatIsLeftOutIsNotRead(estimator: AdvantageEstimator, junk: Float) throws {
        let fixture = try AlgorithmFixture.load()
        var configuration = fixture.configuration(estimator)
        configuration.dynamicSampling = true
        configuration.maskTruncated = true
        configuration.whitenAdvantages = true
        func batch(_ trajectories: [ScoredTrajectory]) -> AdvantageBatch {
            AdvantageBatch(
                trajectories,
                groups: fixture.groups,
                klCoefficient: fixture.beta,
                configuration: configuration
            )
        }
        let clean = batch(fixture.trajectories)
        #expect(clean.included == [true, false, true, false, false, false, true, true, true])
        #expect(clean.flatGroups == 1)
        var trajectories = fixture.trajectories
        trajectories[1].values = trajectories[1].values.map { _ in junk }
        for i in 3..<6 { trajectories[i].values = trajectories[i].values.map { _ in junk } }
        let dirty = batch(trajectories)
        #expect(dirty.advantages == clean.advantages && dirty.returns == clean.returns)
        #expect(clean.advantages[3].allSatisfy { $0 == 0 })
    }

    /// With the KL in the loss, nothing of it is in the rewards.
    @Test func theKLIsPaidOnce() throws {
        let fixture = try AlgorithmFixture.load()
        var configuration = fixture.configuration(.drgrpo)
        configuration.klPlacement = .loss
        configuration.klEstimator = .k3
        let batch = AdvantageBatch(
            fixture.trajectories,
            groups: fixture.groups,
            klCoefficient: fixture.beta,
            configuration: configuration
        )
        #expect(batch.rewards[0] == [0, 0, 0, 1])
        #expect(batch.meanKL != nil)
    }
}

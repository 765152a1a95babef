import PPO
import Testing

struct AdvantageTests {
    /// Worked by hand: δ = [0.5, −0.5, 0.5], γλ = 0.5.
    @Test func matchesHandWorkedTrajectory() {
        let advantages = generalizedAdvantages(
            rewards: [0, 0, 1].span,
            values: [0.5, 1.0, 0.5].span,
            bootstrapValue: 0,
            discount: 1,
            lambda: 0.5
        )
        #expect(advantages == [0.375, -0.25, 0.5])
        #expect(lambdaReturns(advantages: advantages.span, values: [0.5, 1.0, 0.5].span) == [0.875, 0.75, 1])
    }

    @Test(arguments: [0, 1] as [Float])
    func lambdaEndpointsAreTDAndMonteCarlo(lambda: Float) {
        let advantages = generalizedAdvantages(
            rewards: [1, 2].span,
            values: [0.25, 0.5].span,
            bootstrapValue: 0,
            discount: 1,
            lambda: lambda
        )
        #expect(advantages == (lambda == 0 ? [1.25, 1.5] : [2.75, 1.5]))
    }

    @Test func aBootstrapValueIsDiscountedOnce() {
        let advantages = generalizedAdvantages(
            rewards: [0].span,
            values: [0].span,
            bootstrapValue: 2,
            discount: 0.5,
            lambda: 1
        )
        #expect(advantages == [1])
    }

    @Test func mismatchedLengthsTrap() async {
        await #expect(processExitsWith: .failure) {
            _ = generalizedAdvantages(
                rewards: [0].span,
                values: [0, 1].span,
                bootstrapValue: 0,
                discount: 1,
                lambda: 1
            )
        }
    }

    @Test(arguments: [KLEstimator.k1, .k2, .k3])
    func rewardsAndKLMatchPyTorch(estimator: KLEstimator) throws {
        let fixture = try LossFixture.load()
        let batch = AdvantageBatch(
            fixture.trajectories,
            klCoefficient: fixture.beta,
            configuration: fixture.configuration(estimator)
        )
        let expected = try #require(fixture.rewards[estimator.rawValue])
        #expect(difference(batch.rewards, expected) <= 1e-6)
        let kl = try #require(batch.meanKL)
        let expectedKL = try #require(fixture.meanKl[estimator.rawValue])
        #expect(abs(kl - expectedKL) <= 1e-5)
    }

    @Test func returnsAndWhitenedAdvantagesMatchPyTorch() throws {
        let fixture = try LossFixture.load()
        var configuration = fixture.configuration(.k1)
        let batch = AdvantageBatch(fixture.trajectories, klCoefficient: fixture.beta, configuration: configuration)
        #expect(difference(batch.returns, fixture.returns) <= 1e-6)
        #expect(difference(batch.advantages, fixture.advantages) <= 1e-6)
        configuration.whitenAdvantages = false
        let raw = AdvantageBatch(fixture.trajectories, klCoefficient: fixture.beta, configuration: configuration)
        #expect(difference(raw.advantages, fixture.rawAdvantages) <= 1e-6)
    }

    /// β = 0.5 and d = [1, −2]: the penalty is −0.5·d, and the score 3 lands on the last token, EOS or not.
    @Test func theScoreIsPaidAtTheLastToken() {
        let rewards = tokenRewards(
            score: 3,
            logProbabilities: [-1, -3].span,
            referenceLogProbabilities: [-2, -1].span,
            klCoefficient: 0.5,
            estimator: .k1
        )
        #expect(rewards == [-0.5, 4])
    }

    /// A penalty of −0.25 at the first token is in the return of that token and of none after it.
    @Test func whatATokenEarnsItselfIsPaidWhereItStands() {
        var trajectory = ScoredTrajectory(
            score: 1,
            behaviourLogProbabilities: [-1, -1],
            referenceLogProbabilities: [-1, -1],
            values: [0, 0],
            isTruncated: false,
            isIncluded: true
        )
        trajectory.tokenRewards = [-0.25, 0]
        var configuration = PPOConfiguration()
        configuration.lambda = 1
        configuration.whitenAdvantages = false
        let batch = AdvantageBatch([trajectory], klCoefficient: 0.1, configuration: configuration)
        #expect(batch.rewards == [[-0.25, 1]])
        #expect(batch.returns == [[0.75, 1]])
    }

    /// The original gave a completion without EOS no reward at all.
    @Test func aTruncatedTrajectoryIsPunishedLikeAnyOther() {
        let trajectory = ScoredTrajectory(
            score: -1,
            behaviourLogProbabilities: [-1, -1, -1],
            referenceLogProbabilities: [-1, -1, -1],
            values: [0, 0, 0],
            isTruncated: true,
            isIncluded: true
        )
        var configuration = PPOConfiguration()
        configuration.lambda = 1
        configuration.whitenAdvantages = false
        let batch = AdvantageBatch([trajectory], klCoefficient: 0.1, configuration: configuration)
        #expect(batch.rewards == [[0, 0, -1]])
        #expect(batch.advantages == [[-1, -1, -1]])
    }

    /// 1, 2, 3, 6 have mean 3 and variance (4 + 1 + 0 + 9)/3 = 14/3.
    @Test func whiteningUsesTheWholeBatch() {
        let s = 1 / Float(14.0 / 3).squareRoot()
        let white = whitened([[1, 2], [3, 6]], included: [true, true])
        #expect(difference(white, [[-2 * s, -1 * s], [0, 3 * s]]) < 1e-6)
    }

    /// Within one trajectory a high reward would lose its level; over the batch it keeps its sign.
    @Test func whiteningKeepsTheLevelBetweenTrajectories() {
        let white = whitened([[1, 1, 1], [-1, -1, -1]], included: [true, true])
        #expect(white[0].allSatisfy { $0 > 0.9 } && white[1].allSatisfy { $0 < -0.9 })
    }

    @Test func whiteningNeverReadsAMaskedTrajectory() {
        let white = whitened([[.nan], [1, 2], [.infinity, .nan], [3, 6]], included: [false, true, false, true])
        let expected = whitened([[1, 2], [3, 6]], included: [true, true])
        #expect(white == [[0], expected[0], [0, 0], expected[1]])
    }

    @Test func whiteningOneNumberOrEqualNumbersGivesZeros() {
        #expect(whitened([[5]], included: [true]) == [[0]])
        #expect(whitened([[0.1, 0.1], [0.1]], included: [true, true]) == [[0, 0], [0]])
        #expect(whitened([[1, 2]], included: [false]) == [[0, 0]])
    }

    @Test(arguments: [Float.nan, .infinity, 1e30])
    func whatMaskedSlotsHoldDoesNotMatter(junk: Float) throws {
        let fixture = try LossFixture.load()
        let masked = ScoredTrajectory(
            score: junk,
            behaviourLogProbabilities: [junk, junk],
            referenceLogProbabilities: [junk, junk],
            values: [junk, junk],
            isTruncated: true,
            isIncluded: false
        )
        let configuration = fixture.configuration(.k1)
        let clean = fixture.trajectories
        let dirty = [masked] + clean.prefix(3) + [masked] + clean.dropFirst(3)
        let expected = AdvantageBatch(clean, klCoefficient: 0.1, configuration: configuration)
        let batch = AdvantageBatch(Array(dirty), klCoefficient: 0.1, configuration: configuration)
        let kept = [1, 2, 3, 5, 6]
        #expect(kept.map { batch.advantages[$0] } == expected.advantages)
        #expect(kept.map { batch.returns[$0] } == expected.returns)
        #expect(batch.advantages[0] == [0, 0] && batch.rewards[4] == [0, 0] && batch.returns[4] == [0, 0])
        #expect(batch.meanKL == expected.meanKL)
        var statistics = trajectoryStatistics(Array(dirty), batch: batch, klCoefficient: 0.1)
        var reference = trajectoryStatistics(clean, batch: expected, klCoefficient: 0.1)
        #expect(statistics.removeValue(forKey: "response/aborted_ratio") == 2.0 / 7)
        #expect(reference.removeValue(forKey: "response/aborted_ratio") == 0)
        #expect(statistics == reference)
        #expect(statistics.count > 15)
    }

    @Test func metricsCarryTheirHandWorkedFigures() {
        let trajectories = [(2, 1, false), (-1, 3, true)].map { score, length, isTruncated in
            ScoredTrajectory(
                score: Float(score),
                behaviourLogProbabilities: [Float](repeating: -1, count: length),
                referenceLogProbabilities: [Float](repeating: -1.5, count: length),
                values: [Float](repeating: 0.5, count: length),
                isTruncated: isTruncated,
                isIncluded: true
            )
        }
        let batch = AdvantageBatch(trajectories, klCoefficient: 0, configuration: PPOConfiguration())
        let metrics = trajectoryStatistics(trajectories, batch: batch, klCoefficient: 0)
        #expect(metrics["critic/score/mean"] == 0.5)
        #expect(metrics["critic/score/max"] == 2)
        #expect(metrics["critic/rewards/min"] == -1)
        #expect(metrics["response_length/mean"] == 2)
        #expect(metrics["response_length/clip_ratio"] == 0.5)
        #expect(metrics["critic/values/mean"] == 0.5)
        // d = 0.5 at each of 4 tokens of 2 trajectories.
        #expect(metrics["actor/reward_kl_per_trajectory"] == 1)
        #expect(metrics["actor/reward_kl_penalty"] == 0.5)
        #expect(
            trajectoryStatistics(
                [],
                batch: AdvantageBatch([], klCoefficient: 0, configuration: .init()),
                klCoefficient: 0
            ) == ["actor/reward_kl_penalty_coeff": 0]
        )
    }
}

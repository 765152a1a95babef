import Determinism
import Foundation
import PPO
import Testing

struct ControllerTests {
    /// KL 12 against 6 is an error of 1, clipped to 0.2: β = 0.1·(1 + 0.2·32/10000) = 0.100064.
    @Test func adaptiveControllerFollowsZiegler() {
        var controller = KLController(coefficient: 0.1, rule: .adaptive(target: 6, horizon: 10_000))
        controller.update(kl: 12, trajectories: 32)
        #expect(abs(controller.coefficient - 0.100064) < 1e-15)
        // KL 5.4 is an error of −0.1.
        controller.update(kl: 5.4, trajectories: 100)
        #expect(abs(controller.coefficient - 0.100064 * 0.999) < 1e-15)
        controller.update(kl: -50, trajectories: 10_000)
        #expect(abs(controller.coefficient - 0.100064 * 0.999 * 0.8) < 1e-15)
    }

    @Test func anEmptyOrBrokenBatchLeavesTheCoefficientAlone() {
        var controller = KLController(coefficient: 0.1, rule: .adaptive(target: 6, horizon: 100))
        controller.update(kl: .nan, trajectories: 8)
        controller.update(kl: 100, trajectories: 0)
        #expect(controller.coefficient == 0.1)
    }

    @Test func aFixedCoefficientStays() {
        var configuration = PPOConfiguration()
        configuration.adaptiveKL = false
        var controller = KLController(configuration)
        controller.update(kl: 1e6, trajectories: 1000)
        #expect(controller.coefficient == Double(configuration.klCoefficient))
    }

    @Test func aControllerSurvivesACheckpointBitForBit() throws {
        var controller = KLController(PPOConfiguration())
        controller.update(kl: 1.2345, trajectories: 7)
        var restored = try JSONDecoder().decode(KLController.self, from: JSONEncoder().encode(controller))
        #expect(restored == controller)
        restored.update(kl: 0.3, trajectories: 9)
        controller.update(kl: 0.3, trajectories: 9)
        #expect(restored.coefficient.bitPattern == controller.coefficient.bitPattern)
    }

    /// d = 0.5: k1 = 0.5, k2 = 0.125, k3 = e^−0.5 − 1 + 0.5 = 0.1065307.
    @Test func estimatorsMatchHandWorkedFigures() {
        let figures = [KLEstimator.k1, .k2, .k3].map { $0.estimate(logProbability: -1, referenceLogProbability: -1.5) }
        #expect(difference([figures], [[0.5, 0.125, 0.106_530_7]]) < 1e-6)
    }

    @Test func meanKLIsOverTrajectoriesAndNotOverTokens() {
        let kl = meanTrajectoryKL(
            logProbabilities: [[-1, -1], [.nan], [-1]],
            referenceLogProbabilities: [[-2, -2], [.nan], [-1]],
            included: [true, false, true],
            estimator: .k1
        )
        #expect(kl == 1)
        #expect(
            meanTrajectoryKL(
                logProbabilities: [[1]],
                referenceLogProbabilities: [[1]],
                included: [false],
                estimator: .k1
            ) == nil
        )
    }

    @Test(arguments: [(10, 4, [3, 3, 4]), (8, 4, [4, 4]), (3, 16, [3]), (5, 1, [1, 1, 1, 1, 1]), (0, 4, [])])
    func everyTrajectoryIsUsedOnceInEvenMinibatches(count: Int, size: Int, sizes: [Int]) {
        let key = RandomKey(seed: 7, path: 1)
        let batches = minibatches(count: count, size: size, epoch: 0, key: key)
        #expect(batches.map(\.count).sorted() == sizes)
        #expect(batches.joined().sorted() == Array(0..<count))
        var configuration = PPOConfiguration()
        configuration.minibatchSize = size
        #expect(configuration.gradientSteps(trajectories: count) == configuration.epochs * batches.count)
    }

    @Test func orderDependsOnKeyAndEpochOnly() {
        let key = RandomKey(seed: 7, path: 1)
        let order = minibatches(count: 64, size: 16, epoch: 0, key: key)
        #expect(order == minibatches(count: 64, size: 16, epoch: 0, key: key))
        #expect(order != minibatches(count: 64, size: 16, epoch: 1, key: key))
        #expect(order != minibatches(count: 64, size: 16, epoch: 0, key: RandomKey(seed: 8, path: 1)))
        #expect(Array(order.joined()) != Array(0..<64))
    }
}

import Foundation
import Optimizers
import Testing

struct ScheduleTests {
    @Test func warmUpRisesInAStraightLineAndTheFirstStepMoves() {
        var schedule = LearningRateSchedule()
        schedule.warmupSteps = 4
        #expect((0..<6).map { schedule.factor(step: $0) } == [0.25, 0.5, 0.75, 1, 1, 1])
    }

    @Test func linearDecayReachesZeroAtItsEndAndStaysThere() {
        var schedule = LearningRateSchedule()
        schedule.decay = .linear
        schedule.warmupSteps = 2
        schedule.totalSteps = 6
        #expect((0..<8).map { schedule.factor(step: $0) } == [0.5, 1, 1, 0.75, 0.5, 0.25, 0, 0])
    }

    /// √(4/4) = 1 at step 3, √(4/16) = ½ at step 15.
    @Test func inverseSquareRootHalvesAtFourTimesTheWarmUp() {
        var schedule = LearningRateSchedule()
        schedule.decay = .inverseSquareRoot
        schedule.warmupSteps = 4
        #expect(schedule.factor(step: 3) == 1)
        #expect(schedule.factor(step: 15) == 0.5)
        schedule.warmupSteps = 0
        #expect(schedule.factor(step: 0) == 1)
    }

    @Test func absentKeysKeepTheirDefaultsAndNestedOnesAreRead() throws {
        let text = #"{"weight_decay": 0.05, "schedule": {"decay": "inverse_square_root", "warmup_steps": 10}}"#
        let configuration = try JSONDecoder().decode(AdamWConfiguration.self, from: Data(text.utf8))
        var expected = AdamWConfiguration()
        expected.weightDecay = 0.05
        expected.schedule.decay = .inverseSquareRoot
        expected.schedule.warmupSteps = 10
        #expect(configuration == expected)
        let encoded = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(AdamWConfiguration.self, from: encoded) == expected)
        try configuration.validate()
        #expect(configuration.learningRate == 1e-5)
    }

    @Test(
        arguments: [
            (#"{"learning_rate": -1}"#, "learning_rate"), (#"{"beta1": 1}"#, "beta1"), (#"{"beta2": -0.1}"#, "beta2"),
            (#"{"epsilon": 0}"#, "epsilon"), (#"{"weight_decay": -1}"#, "weight_decay"),
            (#"{"schedule": {"warmup_steps": -1}}"#, "schedule.warmup_steps"),
            (#"{"schedule": {"decay": "linear"}}"#, "schedule.total_steps"),
            (#"{"schedule": {"decay": "linear", "warmup_steps": 9, "total_steps": 9}}"#, "schedule.total_steps"),
        ]
    )
    func aValueOutOfRangeIsNamed(text: String, key: String) throws {
        let configuration = try JSONDecoder().decode(AdamWConfiguration.self, from: Data(text.utf8))
        let error = try #require(throws: OptimizerError.self) { try configuration.validate() }
        #expect(error.description.hasPrefix("optimizer.\(key) is "))
    }
}

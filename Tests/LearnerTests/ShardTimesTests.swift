import Dispatching
import Learner
import Protocol
import Telemetry
import Testing

struct ShardTimesTests {
    /// Sampled from 100 to 104 and judged from 105 to 107 by the worker's clock.
    private static var result: WireShardResult {
        var result = WireShardResult()
        result.generationStarted = 100
        result.generationSeconds = 4
        result.executionSeconds = 2
        result.executionEnded = 107
        return result
    }

    @Test func spansOfAWorkerAreMovedToTheLearnersClock() {
        let clock = ClockOffset(seconds: 60, error: 0.01)
        // Sent again after the learner was away: the arrival says nothing.
        let times = ShardTimes(Self.result, worker: "w", arrived: 90, clock: clock)
        #expect(times.generation == TimeSpan(start: 40, end: 44))
        #expect(times.execution == TimeSpan(start: 45, end: 47))
    }

    @Test func nothingEndsAfterItHasArrived() {
        let clock = ClockOffset(seconds: 60, error: 0.5)
        let times = ShardTimes(Self.result, worker: "w", arrived: 46.75, clock: clock)
        #expect(times.execution == TimeSpan(start: 44.75, end: 46.75))
        #expect(times.generation == TimeSpan(start: 39.75, end: 43.75))
    }

    @Test func withoutAClockTheDurationsAreThoseBeforeTheArrival() {
        var old = Self.result
        (old.generationStarted, old.executionEnded) = (0, 0)
        for (result, clock) in [(Self.result, nil), (old, ClockOffset(seconds: 60, error: 0.01))] {
            let times = ShardTimes(result, worker: "w", arrived: 50, clock: clock)
            #expect(times.execution == TimeSpan(start: 48, end: 50))
            #expect(times.generation == TimeSpan(start: 44, end: 48))
        }
    }
}

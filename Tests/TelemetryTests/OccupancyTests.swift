import Telemetry
import Testing

struct OccupancyTests {
    @Test func whatExceedsTheCapacityWaits() {
        // Two slots; three leases at once from 2 to 4: 1·1 + 2·1 + 2·2 + 1·1 = 8 slot seconds of 20.
        let spans = [TimeSpan(start: 0, end: 4), TimeSpan(start: 1, end: 5), TimeSpan(start: 2, end: 4)]
        #expect(occupiedSeconds(spans, capacity: 2, in: TimeSpan(start: 0, end: 10)) == 8)
        #expect(occupiedSeconds(spans, capacity: 1, in: TimeSpan(start: 0, end: 10)) == 5)
    }

    @Test func onlyTheWindowCounts() {
        let spans = [TimeSpan(start: -5, end: 1), TimeSpan(start: 3, end: 30), TimeSpan(start: 12, end: 13)]
        #expect(occupiedSeconds(spans, capacity: 4, in: TimeSpan(start: 0, end: 10)) == 8)
        #expect(occupiedSeconds([TimeSpan](), capacity: 4, in: TimeSpan(start: 0, end: 10)) == 0)
    }
}

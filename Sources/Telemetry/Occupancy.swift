/// Time during which something was worked on, seconds.
package struct TimeSpan: Sendable, Equatable {
    package var start: Double
    package var end: Double

    package init(start: Double, end: Double) {
        self.start = start
        self.end = end
    }
}

/// Seconds of work that a worker with `capacity` places did between `window.start` and `window.end`.
///
/// ∫ min(spans at t, capacity) dt: what exceeds the capacity waits, and is no work.
package func occupiedSeconds(_ spans: some Sequence<TimeSpan>, capacity: Int, in window: TimeSpan) -> Double {
    var events: [(time: Double, change: Int)] = []
    for span in spans {
        let (start, end) = (max(span.start, window.start), min(span.end, window.end))
        guard start < end else { continue }
        events.append((start, 1))
        events.append((end, -1))
    }
    events.sort { ($0.time, $0.change) < ($1.time, $1.change) }
    var (busy, count, last) = (0.0, 0, window.start)
    for event in events {
        busy += Double(min(count, capacity)) * (event.time - last)
        count += event.change
        last = event.time
    }
    return busy
}

/// Seconds between calls.
package struct Stopwatch {
    private var last = ContinuousClock.now

    package init() {}

    /// Seconds since the last lap, or since the start.
    package mutating func lap() -> Double {
        let now = ContinuousClock.now
        defer { last = now }
        return (now - last).seconds
    }
}

extension Duration {
    /// The duration in seconds.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

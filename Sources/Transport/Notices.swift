/// Tells people about peers, but never as often as a hostile peer would have it.
///
/// Lives on its loop's thread.
final class Notices {
    private struct Entry {
        var lastTold: ContinuousClock.Instant
        var untold = 0
    }

    private let report: @Sendable (String) -> Void
    private var entries: [String: Entry] = [:]

    /// How long the same thing is not said again.
    private static let pause: Duration = .seconds(5)
    /// Different things remembered at once.
    private static let capacity = 256

    init(report: @escaping @Sendable (String) -> Void) { self.report = report }

    /// Tells `text`, unless something under the same `key` has just been told: then it is counted.
    func tell(_ text: String, key: String) {
        let now = ContinuousClock.now
        if var entry = entries[key] {
            guard now - entry.lastTold >= Self.pause else {
                entry.untold += 1
                entries[key] = entry
                return
            }
            report(entry.untold == 0 ? text : "\(text) (and \(entry.untold) times more before)")
            entries[key] = Entry(lastTold: now)
            return
        }
        if entries.count >= Self.capacity {
            entries = entries.filter { now - $0.value.lastTold < Self.pause }
            guard entries.count < Self.capacity else { return }
        }
        entries[key] = Entry(lastTold: now)
        report(text)
    }
}

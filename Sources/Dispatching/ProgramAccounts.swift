package import Protocol

/// What became of the programs that a client asked for, over all its dispatchers.
package struct ProgramAccounts: ConservedAccounts, Sendable, Equatable {
    /// Programs asked for; a second request for one that is outstanding is not counted.
    package var issued = 0
    /// Those that were judged.
    package var accepted = 0
    /// Those that nobody wants any more.
    package var expired = 0
    /// Those that were given up: their verdict is a failure of the infrastructure.
    package var quarantined = 0
    package var outstanding = 0
    /// Times a program went to another dispatcher.
    package var moved = 0
    /// Verdicts that came a second time, or too late, and count for nothing.
    package var late = 0

    package init() {}

    package static func + (a: Self, b: Self) -> Self {
        var sum = a
        sum.issued += b.issued
        sum.accepted += b.accepted
        sum.expired += b.expired
        sum.quarantined += b.quarantined
        sum.outstanding += b.outstanding
        sum.moved += b.moved
        sum.late += b.late
        return sum
    }

    /// The accounts of one dispatcher.
    package init(_ jobs: DispatcherStatistics) {
        issued = jobs.submitted
        accepted = jobs.completed
        expired = jobs.dropped
        quarantined = jobs.quarantined
        outstanding = jobs.queued + jobs.running
    }

    /// What a message tells.
    package init(_ wire: WireProgramAccounts) {
        issued = Int(clamping: wire.issued)
        accepted = Int(clamping: wire.accepted)
        expired = Int(clamping: wire.expired)
        quarantined = Int(clamping: wire.quarantined)
        outstanding = Int(clamping: wire.outstanding)
        moved = Int(clamping: wire.moved)
        late = Int(clamping: wire.late)
    }

    /// As a message tells it.
    package var wire: WireProgramAccounts {
        var wire = WireProgramAccounts()
        wire.issued = UInt64(issued)
        wire.accepted = UInt64(accepted)
        wire.expired = UInt64(expired)
        wire.quarantined = UInt64(quarantined)
        wire.outstanding = UInt64(outstanding)
        wire.moved = UInt64(moved)
        wire.late = UInt64(late)
        return wire
    }
}

/// The accounts of all workers of a run, as their heartbeats tell them.
///
/// A worker that falls silent has left its outstanding programs: they count as expired until it is heard of again.
package struct ProgramLedger: Sendable {
    private struct Entry: Sendable {
        var accounts: ProgramAccounts
        var heard: Double
    }

    private var entries: [[UInt8]: Entry] = [:]
    /// Of workers that have been away for so long that they are forgotten.
    private var former = ProgramAccounts()
    private let silenceSeconds: Double
    private let capacity: Int

    /// - Parameters:
    ///   - silenceSeconds: After this long without a word the worker is away.
    ///   - capacity: Workers remembered one by one.
    package init(silenceSeconds: Double, capacity: Int = 1024) {
        self.silenceSeconds = silenceSeconds
        self.capacity = capacity
    }

    /// A worker has told its accounts.
    ///
    /// - Parameters:
    ///   - accounts: since it was started.
    ///   - worker: 16 bytes that name the process.
    ///   - now: seconds.
    package mutating func take(_ accounts: ProgramAccounts, from worker: [UInt8], now: Double) {
        if entries[worker] == nil, entries.count >= capacity {
            // The one that has been away longest will hardly come back.
            if let oldest = entries.min(by: { $0.value.heard < $1.value.heard }) {
                entries[oldest.key] = nil
                former = former + Self.left(oldest.value.accounts)
            }
        }
        entries[worker] = Entry(accounts: accounts, heard: now)
    }

    /// The sum over all workers.
    package func total(now: Double) -> ProgramAccounts {
        entries.values.reduce(former) { sum, entry in
            sum + (now - entry.heard > silenceSeconds ? Self.left(entry.accounts) : entry.accounts)
        }
    }

    private static func left(_ accounts: ProgramAccounts) -> ProgramAccounts {
        var accounts = accounts
        accounts.expired += accounts.outstanding
        accounts.outstanding = 0
        return accounts
    }
}

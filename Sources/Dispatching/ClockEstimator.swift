package import Protocol

/// How far the clock of one process is ahead of another's.
package struct ClockOffset: Sendable, Equatable {
    /// Below 0: it is behind.
    package var seconds: Double
    /// By how much `seconds` may be wrong at most.
    package var error: Double

    package init(seconds: Double, error: Double) {
        self.seconds = seconds
        self.error = error
    }

    init(_ wire: WireClockOffset) { self.init(seconds: wire.seconds, error: wire.errorSeconds) }

    var wire: WireClockOffset {
        var wire = WireClockOffset()
        wire.seconds = seconds
        wire.errorSeconds = error
        return wire
    }
}

/// Finds out from heartbeats and their answers how far the own clock is ahead of the other side's.
///
/// With t₁ a heartbeat made here, t₂ and t₃ it come and its answer made there, t₄ that come here, the own clock is ahead by
/// ((t₁ − t₂) + (t₄ − t₃)) / 2, wrong by at most half of the round trip (t₄ − t₁) − (t₃ − t₂), however unequal the two ways
/// were. Source: RFC 5905, section 8, <https://www.rfc-editor.org/rfc/rfc5905>.
///
/// Kept is the answer that says most by now: that of the shortest round trip, where an older one counts as wrong by what the
/// clocks may have drifted apart since. Nothing need be remembered of heartbeats that were sent, so that any of them, and any
/// answer, may be lost, come twice or in another order.
package struct ClockEstimator: Sendable {
    /// Seconds by which two clocks may come to differ in a second: each is a crystal, 50 parts in a million off at most.
    package static let drift = 1e-4
    /// A `Double` of seconds since 1970 has steps of 2⁻²² s, and four of them are added up.
    private static let rounding = 1e-6

    private var kept: (offset: ClockOffset, at: Double)?

    package init() {}

    /// An answer has come.
    ///
    /// - Parameters:
    ///   - sent: t₁, own clock.
    ///   - received: t₂, the other side's.
    ///   - answered: t₃, the other side's.
    ///   - returned: t₄, own clock.
    package mutating func take(sent: Double, received: Double, answered: Double, returned: Double) {
        let roundTrip = (returned - sent) - (answered - received)
        // What takes less than no time is of a clock that was set, or invented.
        guard roundTrip >= -Self.rounding, answered >= received, sent > 0, received > 0, roundTrip.isFinite else {
            return
        }
        let seconds = ((sent - received) + (returned - answered)) / 2
        // While they travelled the clocks went on drifting: half of it counts for the wait on the other side.
        let drifted = 1.5 * Self.drift * (returned - sent)
        let new = ClockOffset(seconds: seconds, error: max(0, roundTrip) / 2 + drifted + Self.rounding)
        if let old = offset(now: returned), new.error > old.error {
            // Both cannot be right when they exclude each other: a machine was stopped or moved, and the newer one counts.
            guard abs(new.seconds - old.seconds) > new.error + old.error else { return }
        }
        kept = (new, returned)
    }

    /// A heartbeat has come at `now`, own clock; one that is no answer says nothing.
    package mutating func take(_ answer: WireHeartbeat, now: Double) {
        take(sent: answer.answered, received: answer.received, answered: answer.sent, returned: now)
    }

    /// How far the own clock is ahead at `now`, own clock; nil before the first answer.
    package func offset(now: Double) -> ClockOffset? {
        kept.map { ClockOffset(seconds: $0.offset.seconds, error: $0.offset.error + Self.drift * max(0, now - $0.at)) }
    }
}

extension WireHeartbeat {
    /// A heartbeat that will be answered.
    ///
    /// - Parameters:
    ///   - sequence: counts from 1.
    ///   - now: own clock, seconds since 1970.
    ///   - clock: what the own clock is known to be ahead by.
    package init(sequence: UInt64, now: Double, clock: ClockOffset?) {
        self.init()
        self.sequence = sequence
        sent = now
        if let clock { self.clock = clock.wire }
    }

    /// The answer to this heartbeat at `now`, own clock; one that tells no time gets none back.
    package func answer(now: Double) -> WireHeartbeat {
        var answer = WireHeartbeat()
        answer.sequence = sequence
        guard sent != 0 else { return answer }
        answer.answered = sent
        answer.received = now
        answer.sent = now
        return answer
    }

    /// What the sender says of its clock; nil when it does not know.
    package var clockOffset: ClockOffset? { hasClock ? ClockOffset(clock) : nil }
}

import Protocol

/// What happened at a dispatcher between two looks at it.
package struct DispatchInterval: Sendable {
    /// Waits from submission to lease, seconds.
    package var waits: [Double] = []
    package var joined = 0
    /// Executors that said goodbye, and those that fell silent.
    package var left = 0
    package var lost = 0
    /// Leases that ended with a result.
    package var spans: [LeaseSpan] = []

    package init() {}
}

/// A lease of an executor from the moment it was sent to the moment its result came, on the dispatcher's clock.
package struct LeaseSpan: Sendable, Equatable {
    package var executor: String
    package var slots: Int
    /// Seconds since 1970.
    package var start: Double
    package var end: Double
    /// When the executor judged the program, within the lease; nil when it does not say, or its clock is not known.
    package var judgingStart: Double?
    package var judgingEnd: Double?
    package var outcome: String
    /// What the executor itself measured, seconds: CPU time of the compiler, wall-clock time of the program.
    package var compileSeconds: Double
    package var runSeconds: Double
}

/// An executor as the dispatcher sees it.
package struct ExecutorState: Sendable, Equatable {
    package var name: String
    package var slots: Int
    package var leases: Int
    package var verdicts: Int
    /// Seconds since it was last heard of.
    package var silence: Double
    package var languages: [String]
    /// How far its clock is ahead of the dispatcher's, as it says.
    package var clock: ClockOffset?
}

/// A rollout worker as the learner sees it.
package struct WorkerState: Sendable, Equatable {
    package var name: String
    package var slots: Int
    package var leases: Int
    /// Version of the weights of its newest result.
    package var version: Int?
    /// Seconds since it was last heard of.
    package var silence: Double
    /// Shards it was the first to finish.
    package var shards: Int
    /// How far its clock is ahead of the learner's, as it says.
    package var clock: ClockOffset?
}

extension DispatcherCore {
    mutating func noteEnd(of result: WireExecutionResult, by executor: [UInt8], now: Double) {
        guard let start = leaseStarts.removeValue(forKey: result.leaseID), let peer = executors[executor] else {
            return
        }
        executors[executor]?.verdicts += 1
        // Whatever is wrong with the clocks, a program was judged after it was leased and before its verdict came.
        let judging = peer.clock.flatMap { clock -> ClosedRange<Double>? in
            guard result.started > 0, result.started <= result.ended else { return nil }
            return (result.started - clock.seconds...result.ended - clock.seconds).clamped(
                to: epoch + start...epoch + now
            )
        }
        interval.spans.append(
            LeaseSpan(
                executor: peer.name,
                slots: peer.slots,
                start: epoch + start,
                end: epoch + now,
                judgingStart: judging?.lowerBound,
                judgingEnd: judging?.upperBound,
                outcome: result.verdict.outcome,
                compileSeconds: result.verdict.compileSeconds,
                runSeconds: result.verdict.wallSeconds
            )
        )
        // Nobody takes them from a dispatcher of its own.
        if interval.spans.count > Self.mostSpans {
            interval = DispatchInterval()
            forgetEnded()
        }
    }

    private static let mostSpans = 50_000

    /// Leases that were lost never end.
    private mutating func forgetEnded() {
        let known = Set(executors.keys.flatMap { queue.leases(of: $0) })
        leaseStarts = leaseStarts.filter { known.contains($0.key) }
    }

    /// What happened since the last call, and the leases that executors work on, which end now.
    package mutating func takeInterval(now: Double) -> (interval: DispatchInterval, running: [LeaseSpan]) {
        forgetEnded()
        defer { interval = DispatchInterval() }
        let running = executors.flatMap { id, peer in
            queue.leases(of: id).compactMap { lease in
                leaseStarts[lease].map { start in
                    LeaseSpan(
                        executor: peer.name,
                        slots: peer.slots,
                        start: epoch + start,
                        end: epoch + now,
                        outcome: "",
                        compileSeconds: 0,
                        runSeconds: 0
                    )
                }
            }
        }
        return (interval, running)
    }

    /// The executors, by name.
    package func executorStates(now: Double) -> [ExecutorState] {
        executors.map { id, peer in
            ExecutorState(
                name: peer.name,
                slots: peer.slots,
                leases: queue.leases(of: id).count,
                verdicts: peer.verdicts,
                silence: now - peer.heard,
                languages: peer.languages.sorted(),
                clock: peer.clock
            )
        }.sorted { $0.name < $1.name }
    }
}

import Foundation
import Programs
package import Protocol

/// What an executor knows: which leases wait, run, or have a result that is not acknowledged.
///
/// Pure: messages and the time go in; messages, and jobs to begin or to stop, come out.
package struct ExecutorCore: Sendable {
    /// What is to be done.
    package enum Effect: Sendable {
        case send(WireEnvelope.OneOf_Body)
        /// Judge the job of this lease, and report the verdict to ``finished(_:_:now:)``.
        case start(lease: UInt64, request: WireExecutionRequest)
        /// Nobody waits for this one any more; its verdict is reported all the same.
        case cancel(lease: UInt64)
    }

    private struct Running: Sendable {
        let jobDigest: Data
        let start: Double
        /// A judge that takes longer than this hangs.
        let deadline: Double
    }

    private let name: String
    private let slots: Int
    private var toolChains: [String: String]
    /// Leases beyond the slots, first come first.
    private var waiting: [(lease: UInt64, request: WireExecutionRequest)] = []
    private var running: [UInt64: Running] = [:]
    /// Results the dispatcher has not acknowledged.
    private var results: [UInt64: WireExecutionResult] = [:]
    private var drainDeadline: Double?
    private var sequence: UInt64 = 0
    private let epoch: Double
    private var estimator = ClockEstimator()

    /// - Parameters:
    ///   - name: What the dispatcher knows this executor as.
    ///   - slots: Jobs judged at once.
    ///   - toolChains: The languages that can be judged, with the version of each tool chain.
    ///   - epoch: What time it was when `now` was 0, seconds since 1970.
    package init(name: String, slots: Int, toolChains: [String: String], epoch: Double = 0) {
        self.epoch = epoch
        self.name = name
        self.slots = slots
        self.toolChains = toolChains
    }

    private var leases: [UInt64] { (waiting.map(\.lease) + running.keys + results.keys).sorted() }

    /// Everything that is remembered, for those who check that it is bounded.
    package var footprint: Int { waiting.count + running.count + results.count }
    package var isDraining: Bool { drainDeadline != nil }

    /// How far this executor's clock is ahead of the dispatcher's; nil before the first answer.
    package func clock(now: Double) -> ClockOffset? { estimator.offset(now: epoch + now) }

    package func hello() -> WireEnvelope.OneOf_Body {
        var hello = WireHello()
        hello.role = .executor
        hello.name = name
        hello.slots = drainDeadline == nil ? UInt32(clamping: slots) : 0
        hello.toolChains = toolChains
        hello.runningLeases = leases
        return .hello(hello)
    }

    /// Takes nothing new, and is done when everything has been reported, at `deadline` at the latest.
    package mutating func drain(deadline: Double) -> [Effect] {
        guard drainDeadline == nil else { return [] }
        drainDeadline = deadline
        // The dispatcher gives what has not begun to somebody else.
        waiting = []
        return [.send(hello())]
    }

    /// Other languages from now on; one that is missing is withdrawn.
    package mutating func change(to toolChains: [String: String]) -> [Effect] {
        guard toolChains != self.toolChains else { return [] }
        self.toolChains = toolChains
        return [.send(hello())]
    }

    package func isDone(now: Double) -> Bool {
        guard let drainDeadline else { return false }
        return (running.isEmpty && results.isEmpty) || now >= drainDeadline
    }

    /// Says that this executor lives, names the leases it works on if it has any, and what it has found out.
    package mutating func beat(now: Double) -> [Effect] {
        var effects: [Effect] = []
        let hanging = Set(running.filter { $0.value.deadline <= now }.keys)
        // A judge that is long past its job's limits hangs: its lease lapses and the job goes elsewhere. So do those that
        // would have to wait for it.
        let isStuck = hanging.count >= slots
        let renewed = leases.filter { lease in
            !hanging.contains(lease) && !(isStuck && running[lease] == nil && results[lease] == nil)
        }
        if !renewed.isEmpty {
            var renewal = WireLeaseRenewal()
            renewal.leaseIds = renewed
            effects.append(.send(.leaseRenewal(renewal)))
        }
        effects.append(heartbeat(now: now))
        return effects + results.keys.sorted().compactMap { results[$0].map { .send(.executionResult($0)) } }
    }

    private mutating func heartbeat(now: Double) -> Effect {
        sequence += 1
        return .send(.heartbeat(WireHeartbeat(sequence: sequence, now: epoch + now, clock: clock(now: now))))
    }

    /// A message came from the dispatcher.
    package mutating func receive(_ body: WireEnvelope.OneOf_Body, now: Double) -> [Effect] {
        switch body {
        case .executionLease(let lease):
            guard drainDeadline == nil, running[lease.leaseID] == nil, results[lease.leaseID] == nil,
                !waiting.contains(where: { $0.lease == lease.leaseID })
            else { return [] }
            waiting.append((lease.leaseID, lease.request))
            return startWaiting(now: now)
        case .executionAck(let ack):
            results[ack.leaseID] = nil
            if running[ack.leaseID] != nil { return [.cancel(lease: ack.leaseID)] }
            // Acknowledged before it began: nobody waits for it any more.
            guard let i = waiting.firstIndex(where: { $0.lease == ack.leaseID }) else { return [] }
            let (lease, request) = waiting.remove(at: i)
            let verdict = Verdict(outcome: .infrastructureFailure, diagnostics: "no longer wanted")
            return report(lease, request.jobDigest, WireVerdict(verdict))
        case .heartbeat(let answer):
            let isFirst = clock(now: now) == nil
            estimator.take(answer, now: epoch + now)
            // The dispatcher need not wait for the next beat.
            return isFirst && clock(now: now) != nil ? [heartbeat(now: now)] : []
        case .refusal(let refusal) where refusal.reason == "say hello first": return [.send(hello())]
        default: return []
        }
    }

    /// The judge has come to a verdict.
    package mutating func finished(_ lease: UInt64, _ verdict: WireVerdict, now: Double) -> [Effect] {
        guard let job = running.removeValue(forKey: lease) else { return [] }
        let times = (epoch + job.start, epoch + now)
        return startWaiting(now: now) + report(lease, job.jobDigest, verdict, times: times)
    }

    private mutating func report(
        _ lease: UInt64,
        _ digest: Data,
        _ verdict: WireVerdict,
        times: (start: Double, end: Double)? = nil
    ) -> [Effect] {
        var result = WireExecutionResult()
        result.leaseID = lease
        result.jobDigest = digest
        result.verdict = verdict
        if let times { (result.started, result.ended) = times }
        results[lease] = result
        return [.send(.executionResult(result))]
    }

    private mutating func startWaiting(now: Double) -> [Effect] {
        var effects: [Effect] = []
        while running.count < slots, !waiting.isEmpty {
            let (lease, request) = waiting.removeFirst()
            let limits = request.limits
            let tests = Double(request.tests.count + 1)
            let longest = 30 + 3 * limits.compileSeconds + tests * (limits.wallSeconds + 1)
            running[lease] = Running(jobDigest: request.jobDigest, start: now, deadline: now + longest)
            effects.append(.start(lease: lease, request: request))
        }
        return effects
    }
}

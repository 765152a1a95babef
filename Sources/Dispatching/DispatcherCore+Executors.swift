import Determinism
import Foundation
import Programs
import Protocol
import Transport

/// What a dispatcher knows of one executor.
struct ExecutorRecord: Sendable {
    /// Whether it is given jobs.
    enum Standing: Sendable {
        case trusted
        /// It judges programs of known verdicts first; `left` are still to come.
        case onTrial(left: [Probe])
        /// It is left alone for a while.
        case quarantined(until: Double, reason: String)

        var reason: String {
            switch self {
            case .trusted: "it is trusted"
            case .onTrial: "it is being tried"
            case .quarantined(_, let reason): reason
            }
        }
    }

    var route: PeerID
    var heard: Double
    var slots = 0
    var languages: Set<String> = []
    var name = ""
    /// Leases of an earlier dispatcher that it still works on; each holds a credit until its result comes.
    var foreign: Set<UInt64> = []
    var standing = Standing.trusted
    /// The probe it works on.
    var probe: (lease: UInt64, deadline: Double)?
    var triedAt = 0.0
    /// Whether its newest results were failures of its own.
    var failures: [Bool] = []
    /// Times in a row it was quarantined.
    var offences = 0
    /// Results it gave.
    var verdicts = 0
    /// How far its clock is ahead of this one, as it says.
    var clock: ClockOffset?

    /// Jobs it is given beyond its slots, so that none of them waits for the next: one for every ten slots begun.
    var reserve: Int { (slots + 9) / 10 }

    var isTrusted: Bool { if case .trusted = standing { true } else { false } }
}

extension DispatcherCore {
    mutating func receive(
        executor: [UInt8],
        route: PeerID,
        _ body: WireEnvelope.OneOf_Body,
        now: Double
    ) throws(ProtocolError) {
        if case .hello(let hello) = body { return try register(executor, route: route, hello, now: now) }
        guard executors[executor]?.route == route else {
            var refusal = WireRefusal()
            refusal.reason = "say hello first"
            return send(.refusal(refusal), to: route, .executor)
        }
        executors[executor]?.heard = now
        switch body {
        case .heartbeat(let beat):
            if let clock = beat.clockOffset { executors[executor]?.clock = clock }
            // One that tells no time asks for no answer.
            if beat.sent != 0 { send(.heartbeat(beat.answer(now: epoch + now)), to: route, .executor) }
        case .leaseRenewal(let renewal):
            queue.renew(renewal.leaseIds, by: executor, now: now)
            if let probe = executors[executor]?.probe, renewal.leaseIds.contains(probe.lease) {
                executors[executor]?.probe?.deadline = now + options.leaseSeconds
            }
        case .executionResult(let result): finish(result, by: executor, route: route, now: now)
        case .bye:
            if executors[executor] != nil { interval.left += 1 }
            executors[executor] = nil
            note(queue.peerGone(executor, blame: false))
        default:
            throw .unexpectedMessage(
                found: body.name,
                expected: "lease_renewal, execution_result, heartbeat or bye"
            )
        }
    }

    private mutating func register(
        _ executor: [UInt8],
        route: PeerID,
        _ hello: WireHello,
        now: Double
    ) throws(ProtocolError) {
        guard hello.role == .executor else {
            throw .invalidField(field: "hello.role", expected: "executor", found: "\(hello.role)")
        }
        for language in hello.toolChains.keys where Language(rawValue: language) == nil {
            throw .invalidField(field: "hello.tool_chains", expected: "known languages", found: language)
        }
        if silent.contains(executor) {
            silent.remove(executor)
            queue.forgive(executor)
        }
        let running = Set(hello.runningLeases)
        let isNew = executors[executor] == nil
        if isNew { interval.joined += 1 }
        var record = executors[executor] ?? ExecutorRecord(route: route, heard: now)
        record.route = route
        record.heard = now
        record.slots = Int(hello.slots)
        record.languages = Set(hello.toolChains.keys)
        record.name = hello.name
        // One that was silent is told once for each of its messages to say hello, and later hellos name leases that its results
        // have ended meanwhile: those would hold their credit for ever.
        record.foreign = running.subtracting(queue.leases(of: executor)).filter {
            $0 >> 63 == 0 && !queue.hasEnded($0)
        }
        if let probe = record.probe, !running.contains(probe.lease) { record.probe = nil }
        executors[executor] = record
        // Leases it does not know were lost on their way to it.
        for lease in queue.leases(of: executor) where !running.contains(lease) {
            if let loss = queue.lose(lease, blame: false) { note([loss]) }
        }
        queue.renew(hello.runningLeases, by: executor, now: now)
        queue.drain(executor)
        welcome(route, .executor)
        // No slots: it finishes what it has and leaves.
        guard record.slots > 0 else { return }
        if isNew { beginTrial(executor, now: now) } else { proceed(executor, now: now) }
    }

    /// Puts `executor` to the test, or trusts it if there is nothing to try it with.
    private mutating func beginTrial(_ executor: [UInt8], now: Double) {
        guard let languages = executors[executor]?.languages else { return }
        // One language is enough: each was tried by the executor itself before its hello.
        let language = languages.sorted { $1 != "python" && ($0 == "python" || $0 < $1) }.first {
            options.probes[$0]?.isEmpty == false
        }
        queue.drain(executor)
        executors[executor]?.probe = nil
        executors[executor]?.standing = .onTrial(left: language.flatMap { options.probes[$0] } ?? [])
        proceed(executor, now: now)
    }

    /// Gives `executor` what its standing allows.
    private mutating func proceed(_ executor: [UInt8], now: Double) {
        guard let record = executors[executor] else { return }
        switch record.standing {
        case .quarantined: break
        case .trusted: grant(executor)
        case .onTrial(let left) where left.isEmpty:
            executors[executor]?.standing = .trusted
            executors[executor]?.triedAt = now
            executors[executor]?.failures = []
            grant(executor)
        case .onTrial(let left):
            guard record.probe == nil, let first = left.first else { return }
            nextProbe += 1
            executors[executor]?.probe = (nextProbe, now + options.leaseSeconds)
            statistics.probes += 1
            var lease = WireExecutionLease()
            lease.leaseID = nextProbe
            lease.request = first.request
            lease.durationSeconds = options.leaseSeconds
            send(.executionLease(lease), to: record.route, .executor)
        }
    }

    private mutating func grant(_ executor: [UInt8]) {
        guard let record = executors[executor], record.slots > 0 else { return }
        let reserve = record.reserve
        let held = queue.leases(of: executor).count + record.foreign.count
        queue.drain(executor)
        queue.grantCredits(executor, record.slots + reserve - held, kinds: record.languages, reserve: reserve)
    }

    private mutating func quarantine(_ executor: [UInt8], _ reason: String, now: Double) {
        guard let record = executors[executor] else { return }
        let seconds = options.quarantineSeconds * Double(1 << min(5, record.offences))
        executors[executor]?.offences += 1
        executors[executor]?.probe = nil
        executors[executor]?.failures = []
        executors[executor]?.standing = .quarantined(until: now + seconds, reason: reason)
        queue.drain(executor)
        effects.append(.note("\(record.name) gets no jobs for \(Int(seconds)) s: \(reason)"))
    }

    private mutating func finish(_ result: WireExecutionResult, by executor: [UInt8], route: PeerID, now: Double) {
        // Acknowledged in any case: what counts for nothing need not be sent again.
        var ack = WireExecutionAck()
        ack.leaseID = result.leaseID
        send(.executionAck(ack), to: route, .executor)
        if result.leaseID >> 63 == 1 {
            noteEnd(of: result, by: executor, now: now)
            return finishProbe(result, by: executor, now: now)
        }
        guard let id = Digest(bytes: Array(result.jobDigest)) else { return }
        if let objection = objection(to: result.leaseID, of: id, by: executor) {
            return refuseForgery(objection, by: executor, route: route)
        }
        noteEnd(of: result, by: executor, now: now)
        let isForeign = executors[executor]?.foreign.remove(result.leaseID) != nil
        defer { if isForeign { queue.settle(result.leaseID) } }
        if isForeign, let peer = executors[executor] {
            if peer.slots > 0, peer.isTrusted {
                queue.grantCredits(executor, 1, kinds: peer.languages, reserve: peer.reserve)
            }
        }
        if result.verdict.outcome == Verdict.Outcome.infrastructureFailure.rawValue {
            if queue.contains(id) { lastTrouble[id] = result.verdict.diagnostics }
            if let loss = queue.lose(result.leaseID, blame: true) {
                if loss.fate != .settled { blame(executor, result.verdict.diagnostics, now: now) }
                note([loss])
            }
            return
        }
        record(failure: false, of: executor)
        var completion = queue.completed(result.leaseID, by: executor, now: now)
        // A lease of a dispatcher that is no more: the job, if somebody still wants it, is named by its content.
        if case .unknown = completion { completion = queue.complete(id) }
        if case .accepted(let accepted, _) = completion { settle(accepted, result.verdict) }
    }

    /// Why a result of the job `id` under `lease` counts for nothing when `executor` sends it; nil when it may count.
    private func objection(to lease: UInt64, of id: Digest, by executor: [UInt8]) -> String? {
        if let holder = queue.holder(of: lease) {
            guard holder == executor else { return "lease \(lease) is another executor's" }
            return queue.job(of: lease) == id ? nil : "lease \(lease) is of another job"
        }
        if queue.hasEnded(lease) { return nil }
        // A dispatcher that was restarted believes an executor that it says has leases of the one before.
        let isForeign = executors[executor]?.foreign.contains(lease) == true && !queue.isOwn(lease)
        return isForeign ? nil : "lease \(lease) was never given to it"
    }

    private mutating func refuseForgery(_ objection: String, by executor: [UInt8], route: PeerID) {
        statistics.forged += 1
        refuse("the result counts for nothing: \(objection)", to: route, .executor)
        // Once, twice, four times …: somebody who does it for ever must not fill the log.
        guard statistics.forged & (statistics.forged - 1) == 0 else { return }
        let name = executors[executor]?.name ?? "an executor"
        let count = statistics.forged == 1 ? "" : " (\(statistics.forged) such results so far)"
        effects.append(.note("a result of \(name) was refused: \(objection)\(count)"))
    }

    private mutating func finishProbe(_ result: WireExecutionResult, by executor: [UInt8], now: Double) {
        guard let record = executors[executor], record.probe?.lease == result.leaseID,
            case .onTrial(let left) = record.standing, let probe = left.first
        else { return }
        executors[executor]?.probe = nil
        if result.verdict.outcome == probe.expected.rawValue {
            executors[executor]?.standing = .onTrial(left: Array(left.dropFirst()))
            if left.count == 1 { executors[executor]?.offences = 0 }
            return proceed(executor, now: now)
        }
        statistics.failedProbes += 1
        quarantine(
            executor,
            "a program that is \(probe.expected.rawValue) was judged \(result.verdict.outcome)"
                + (result.verdict.diagnostics.isEmpty ? "" : " (\(result.verdict.diagnostics.prefix(200)))"),
            now: now
        )
    }

    private mutating func record(failure: Bool, of executor: [UInt8]) {
        guard executors[executor] != nil else { return }
        executors[executor]?.failures.append(failure)
        if let count = executors[executor]?.failures.count, count > options.failureWindow {
            executors[executor]?.failures.removeFirst()
        }
    }

    /// `executor` could not do a job, for a reason of its own or of the job.
    mutating func blame(_ executor: [UInt8], _ reason: String, now: Double) {
        record(failure: true, of: executor)
        guard let record = executors[executor], record.isTrusted,
            record.failures.count(where: { $0 }) >= options.toleratedFailures
        else { return }
        effects.append(
            .note("\(record.name) is tried again: \(options.toleratedFailures) jobs failed, the last: \(reason)")
        )
        beginTrial(executor, now: now)
    }

    /// Gives up executors that are silent, and tries those whose time has come.
    mutating func watchExecutors(now: Double) {
        for (name, executor) in executors {
            if now - executor.heard > options.silenceSeconds {
                executors[name] = nil
                interval.lost += 1
                let losses = queue.peerGone(name)
                if !losses.isEmpty { silent.insert(name) }
                note(losses)
                continue
            }
            switch executor.standing {
            case .quarantined(let until, _) where now >= until: beginTrial(name, now: now)
            case .onTrial:
                if let probe = executor.probe, now >= probe.deadline {
                    statistics.failedProbes += 1
                    quarantine(name, "a program of known verdict was not judged in time", now: now)
                }
            case .trusted where now - executor.triedAt >= options.probeSeconds && !options.probes.isEmpty:
                beginTrial(name, now: now)
            default: break
            }
        }
    }
}

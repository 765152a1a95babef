import Determinism
import Foundation
import Programs
package import Protocol
package import Transport

/// What a dispatcher knows and decides: messages and the time go in, messages come out.
///
/// Pure: no clock, no socket. Soft state only: after a restart clients ask again and executors report again. A job asked
/// for twice while it is outstanding is judged once; its verdict goes to everybody who asked.
package struct DispatcherCore: Sendable {
    struct Client: Sendable {
        var route: PeerID
        var heard: Double
    }

    /// Why a job is here.
    private struct Demand: Sendable {
        /// Who asked, and as part of which group.
        var clients: [[UInt8]: UInt64]
        let bytes: Int
    }

    /// Jobs that are of use only together, such as those of one shard.
    private struct Group: Sendable {
        let size: Int
        var open: Set<Digest> = []
        var isRaised = false
    }

    private struct GroupKey: Hashable, Sendable {
        let client: [UInt8]
        let group: UInt64
    }

    let options: DispatcherOptions
    let epoch: Double
    var queue: LeaseQueue<WireExecutionRequest, Digest, [UInt8]>
    var executors: [[UInt8]: ExecutorRecord] = [:]
    private(set) var clients: [[UInt8]: Client] = [:]
    private var demands: [Digest: Demand] = [:]
    private var groups: [GroupKey: Group] = [:]
    private var cache: VerdictCache
    /// Since when no executor knows a language that is asked for.
    private var orphanSince: [String: Double] = [:]
    var lastTrouble: [Digest: String] = [:]
    var statistics = DispatcherStatistics()
    /// What happened since it was last taken; see DispatchInterval.swift.
    var interval = DispatchInterval()
    var leaseStarts: [UInt64: Double] = [:]
    private var waitTotal = 0.0
    private var waitCount = 0
    private var outstandingBytes = 0
    var effects: [DispatcherEffect] = []
    var nextProbe: UInt64
    /// Executors that fell silent with leases: should one come back, its jobs were not to blame.
    var silent = RecentSet<[UInt8]>(capacity: 4096)

    /// - Parameters:
    ///   - options: How to behave.
    ///   - firstLease: Random in a service, so that a restarted one does not give an old name to a new lease.
    ///   - epoch: What time it was when `now` was 0, seconds since 1970.
    package init(options: DispatcherOptions, firstLease: UInt64, epoch: Double = 0) {
        self.options = options
        self.epoch = epoch
        var queueOptions = LeaseQueue<WireExecutionRequest, Digest, [UInt8]>.Options()
        queueOptions.leaseSeconds = options.leaseSeconds
        queueOptions.maximumLosses = options.maximumLosses
        queueOptions.returnsCredits = true
        queueOptions.firstLease = firstLease >> 1
        queueOptions.weights = options.runWeights
        queueOptions.hedgeSamples = options.hedgeSamples
        queueOptions.hedgedShare = options.hedgedShare
        queue = LeaseQueue(options: queueOptions)
        cache = VerdictCache(capacity: options.cacheEntries)
        // The upper half of the names is for probes.
        nextProbe = firstLease >> 1 | 1 << 63
    }

    /// What is to be done since the last call.
    package mutating func takeEffects() -> [DispatcherEffect] {
        defer { effects = [] }
        return effects
    }

    /// Everything that is remembered beside verdicts, for those who check that it is bounded.
    package var footprint: Int {
        queue.footprint + executors.count + clients.count + demands.count + groups.count + lastTrouble.count
    }

    package func snapshot() -> DispatcherStatistics {
        var statistics = statistics
        let counts = queue.counts
        statistics.queued = counts.queued
        statistics.running = counts.leased
        statistics.submitted = counts.submitted
        statistics.completed = counts.completed
        statistics.dropped = counts.dropped
        statistics.requeued = counts.requeued
        statistics.quarantined = counts.quarantined
        statistics.duplicates = counts.duplicates
        statistics.leases = counts.leases
        statistics.hedged = counts.hedged
        statistics.hedgesWon = counts.hedgesWon
        statistics.executors = executors.count
        statistics.untrusted = executors.values.count { !$0.isTrusted }
        statistics.slots = executors.values.reduce(0) { $0 + $1.slots }
        statistics.clients = clients.count
        statistics.meanWaitSeconds = waitCount == 0 ? 0 : waitTotal / Double(waitCount)
        return statistics
    }

    /// Who waits for whom since when: one sentence for each thing that has not moved for `patience` seconds.
    package func delays(longerThan patience: Double, now: Double) -> [String] {
        let waiting = queue.waiting
        var sentences = waiting.sorted { $0.key < $1.key }.filter { !queue.hasPeer(for: $0.key) }.compactMap {
            language,
            count in
            orphanSince[language].map { since in
                "\(count) \(language) jobs wait for an executor that knows \(language), since \(Int(now - since)) s"
            }
        }
        for (id, demand) in demands {
            for (peer, since) in queue.holders(of: id) where now - since > patience {
                let names = demand.clients.count
                sentences.append(
                    "\(names) clients wait for job \(id.hex.prefix(12)), which \(executors[peer]?.name ?? "an executor") "
                        + "has had for \(Int(now - since)) s"
                )
            }
        }
        for record in executors.values where !record.isTrusted {
            sentences.append("\(record.name) gets no jobs: \(record.standing.reason)")
        }
        return Array(sentences.prefix(10))
    }

    /// A message came from the connection `route`, in a frame of so many `bytes`.
    package mutating func receive(
        _ envelope: WireEnvelope,
        bytes: Int,
        from route: PeerID,
        _ side: DispatcherSide,
        now: Double
    ) {
        do throws(ProtocolError) {
            guard let body = envelope.body else { throw .missingBody }
            guard envelope.runID.isEmpty || options.runID.isEmpty || Array(envelope.runID) == options.runID else {
                throw .invalidField(field: "run_id", expected: "that of this dispatcher's run", found: "another")
            }
            let sender = Array(envelope.incarnation)
            switch side {
            case .client: try receive(client: sender, route: route, envelope, body, bytes, now: now)
            case .executor: try receive(executor: sender, route: route, body, now: now)
            }
        } catch {
            refuse(error.description, to: route, side)
        }
        assign(now: now)
    }

    /// A frame from `route` could not be understood.
    package mutating func refuse(_ reason: String, to route: PeerID, _ side: DispatcherSide) {
        statistics.refused += 1
        var refusal = WireRefusal()
        refusal.reason = reason.cut(toUTF8Bytes: ProtocolLimits.nameBytes)
        send(.refusal(refusal), to: route, side)
    }

    /// `message` could not be sent: the peer is gone, or does not read.
    package mutating func undeliverable(_ message: DispatcherMessage, unreachable: Bool, now: Double) {
        // The executor never saw it: nobody is to blame, and it need not wait for the lease to lapse.
        if let lease = message.lease, let loss = queue.lose(lease, blame: false) { note([loss]) }
        if message.side == .executor {
            // It says hello again if it lives; one that does not read has no use for more.
            for (name, executor) in executors where executor.route == message.route {
                if unreachable || message.lease != nil { queue.drain(name) }
            }
        }
        assign(now: now)
    }

    /// Time has passed.
    package mutating func tick(now: Double) {
        let losses = queue.expire(now: now)
        for loss in losses { blame(loss.peer, "lease \(loss.lease) lapsed", now: now) }
        note(losses)
        watchExecutors(now: now)
        for (name, client) in clients where now - client.heard > 20 * options.silenceSeconds { forget(client: name) }
        abandonLanguages(now: now)
        assign(now: now)
        for assignment in queue.hedge(now: now) { lease(assignment) }
    }

    /// Goodbye to everybody.
    package mutating func close() {
        var bye = WireBye()
        bye.reason = "the dispatcher stops"
        for peer in executors.values { send(.bye(bye), to: peer.route, .executor) }
        for peer in clients.values { send(.bye(bye), to: peer.route, .client) }
    }

    mutating func send(
        _ body: WireEnvelope.OneOf_Body,
        to route: PeerID,
        _ side: DispatcherSide,
        lease: UInt64? = nil
    ) {
        effects.append(.send(DispatcherMessage(side: side, route: route, body: body, lease: lease)))
    }

    mutating func welcome(_ route: PeerID, _ side: DispatcherSide) {
        var welcome = WireWelcome()
        welcome.name = options.name
        welcome.heartbeatSeconds = options.heartbeatSeconds
        send(.welcome(welcome), to: route, side)
    }

    private mutating func assign(now: Double) {
        for assignment in queue.assign(now: now) {
            waitTotal += assignment.waited
            waitCount += 1
            interval.waits.append(assignment.waited)
            leaseStarts[assignment.lease] = now
            lease(assignment)
        }
        for (lease, peer) in queue.takeMoot() {
            // An acknowledgement before the result: nobody waits for it any more.
            guard let executor = executors[peer] else { continue }
            var ack = WireExecutionAck()
            ack.leaseID = lease
            send(.executionAck(ack), to: executor.route, .executor)
        }
    }

    private mutating func lease(_ assignment: LeaseQueue<WireExecutionRequest, Digest, [UInt8]>.Assignment) {
        guard let executor = executors[assignment.peer] else { return }
        var lease = WireExecutionLease()
        lease.leaseID = assignment.lease
        lease.request = assignment.job
        lease.durationSeconds = options.leaseSeconds
        send(.executionLease(lease), to: executor.route, .executor, lease: assignment.lease)
    }

    // MARK: Clients

    private mutating func receive(
        client: [UInt8],
        route: PeerID,
        _ envelope: WireEnvelope,
        _ body: WireEnvelope.OneOf_Body,
        _ bytes: Int,
        now: Double
    ) throws(ProtocolError) {
        if case .hello(let hello) = body {
            guard hello.role == .client else {
                throw .invalidField(field: "hello.role", expected: "client", found: "\(hello.role)")
            }
            clients[client] = Client(route: route, heard: now)
            return welcome(route, .client)
        }
        guard clients[client]?.route == route else {
            var refusal = WireRefusal()
            refusal.reason = "say hello first"
            return send(.refusal(refusal), to: route, .client)
        }
        clients[client]?.heard = now
        switch body {
        case .heartbeat(let beat):
            // One that tells no time asks for no answer.
            if beat.sent != 0 { send(.heartbeat(beat.answer(now: epoch + now)), to: route, .client) }
        case .bye: forget(client: client)
        case .executionRequest(let request):
            let run = envelope.runID.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            submit(request, for: client, run: run, route: route, bytes, now: now)
        default:
            throw .unexpectedMessage(found: body.name, expected: "execution_request, heartbeat or bye")
        }
    }

    private mutating func forget(client: [UInt8]) {
        clients[client] = nil
        groups = groups.filter { $0.key.client != client }
        for (id, demand) in demands where demand.clients[client] != nil {
            demands[id]?.clients[client] = nil
            // Nobody wants it any more: what has not begun does not begin, what runs may stop.
            if demands[id]?.clients.isEmpty == true {
                release(id)
                queue.drop(id)
            }
        }
    }

    private mutating func submit(
        _ request: WireExecutionRequest,
        for client: [UInt8],
        run: String,
        route: PeerID,
        _ bytes: Int,
        now: Double
    ) {
        statistics.requests += 1
        guard let id = Digest(bytes: Array(request.jobDigest)) else { return }
        if let verdict = cache[id] {
            statistics.cacheHits += 1
            return reply(verdict, id, to: route)
        }
        if demands[id] != nil {
            if demands[id]?.clients[client] == nil {
                statistics.merged += 1
                join(id, client, request)
            }
            return
        }
        guard demands.count < options.maximumJobs, outstandingBytes + bytes <= options.maximumJobBytes else {
            statistics.turnedAway += 1
            return
        }
        demands[id] = Demand(clients: [:], bytes: bytes)
        outstandingBytes += bytes
        queue.submit(id, request, kind: request.language, flow: run, priority: Int(request.priority), now: now)
        join(id, client, request)
    }

    private mutating func join(_ id: Digest, _ client: [UInt8], _ request: WireExecutionRequest) {
        demands[id]?.clients[client] = request.group
        guard request.group != 0 else { return }
        let key = GroupKey(client: client, group: request.group)
        groups[key, default: Group(size: Int(request.groupSize))].open.insert(id)
    }

    /// The job is no longer wanted, by anybody.
    @discardableResult
    private mutating func release(_ id: Digest) -> [[UInt8]: UInt64] {
        lastTrouble[id] = nil
        guard let demand = demands.removeValue(forKey: id) else { return [:] }
        outstandingBytes -= demand.bytes
        for (client, group) in demand.clients where group != 0 {
            let key = GroupKey(client: client, group: group)
            groups[key]?.open.remove(id)
            guard let left = groups[key] else { continue }
            if left.open.isEmpty {
                groups[key] = nil
            } else if !left.isRaised, left.open.count * 4 <= left.size {
                // A few more, and the whole group is of use.
                groups[key]?.isRaised = true
                for other in left.open { queue.raise(other, by: 1) }
            }
        }
        return demand.clients
    }

    private mutating func reply(_ verdict: WireVerdict, _ id: Digest, untried: Bool = false, to route: PeerID) {
        var reply = WireExecutionReply()
        reply.jobDigest = Data(id.bytes)
        reply.verdict = verdict
        reply.untried = untried
        send(.executionReply(reply), to: route, .client)
    }

    /// Answers everybody who asked for the job.
    mutating func settle(_ id: Digest, _ verdict: WireVerdict, untried: Bool = false) {
        cache.insert(verdict, for: id)
        for client in release(id).keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            if let route = clients[client]?.route { reply(verdict, id, untried: untried, to: route) }
        }
    }

    /// Answers for the jobs among `losses` that are given up.
    mutating func note(_ losses: [LeaseQueue<WireExecutionRequest, Digest, [UInt8]>.Loss]) {
        for loss in losses where loss.fate == .quarantined {
            let trouble = lastTrouble[loss.id].map { ": \($0)" } ?? ""
            let reason = "lost on \(queue.maximumLosses) executors\(trouble)"
            if let job = loss.job { effects.append(.quarantined(job, reason: reason)) }
            fail(loss.id, reason)
        }
    }

    private mutating func fail(_ id: Digest, _ reason: String, untried: Bool = false) {
        settle(id, WireVerdict(Verdict(outcome: .infrastructureFailure, diagnostics: reason)), untried: untried)
    }

    /// Answers the jobs whose language nobody has known for too long.
    private mutating func abandonLanguages(now: Double) {
        let waiting = queue.waiting
        orphanSince = orphanSince.filter { waiting[$0.key] != nil && !queue.hasPeer(for: $0.key) }
        for language in waiting.keys.sorted() where !queue.hasPeer(for: language) {
            let since = orphanSince[language] ?? now
            orphanSince[language] = since
            guard now - since >= options.languageGraceSeconds else { continue }
            let known = Set(executors.values.flatMap(\.languages)).sorted().joined(separator: ", ")
            let reason =
                "no executor has known \(language) for \(Int(now - since)) s; "
                + (executors.isEmpty ? "there are no executors" : "\(executors.count) executors know \(known)")
            for id in queue.waitingJobs(of: language) {
                queue.drop(id)
                fail(id, reason, untried: true)
            }
        }
    }
}

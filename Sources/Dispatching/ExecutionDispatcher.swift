import Determinism
import Foundation
import Programs
import Protocol
package import Transport

/// Brings jobs of clients to executors and verdicts back.
///
/// Soft state only: after a restart clients ask again and executors report again. A job asked for twice while it is
/// outstanding is judged once; its verdict goes to everybody who asked.
package actor ExecutionDispatcher {
    /// How the dispatcher behaves.
    package struct Options: Sendable {
        /// What peers are told it is called.
        package var name = "dispatcher"
        /// 16 bytes that name the run; empty on a stand-alone pool.
        package var runID: [UInt8] = []
        /// How long a lease lasts without a renewal, seconds.
        package var leaseSeconds = 10.0
        /// How often peers are to be heard, seconds.
        package var heartbeatSeconds = 0.5
        /// Silence after which an executor counts as dead, seconds.
        package var silenceSeconds = 3.0
        /// How long a job waits for an executor that knows its language to appear, seconds.
        package var languageGraceSeconds = 30.0
        /// Verdicts remembered.
        package var cacheEntries = 8192

        package init() {}
    }

    /// What the dispatcher is doing.
    package struct Statistics: Sendable, Equatable {
        /// Jobs waiting for an executor.
        package var queued = 0
        /// Jobs with an executor.
        package var running = 0
        package var executors = 0
        /// Slots of all executors.
        package var slots = 0
        package var clients = 0
        /// Requests, copies included.
        package var requests = 0
        package var completed = 0
        /// Requests answered from memory.
        package var cacheHits = 0
        /// Requests for a job that was outstanding already.
        package var merged = 0
        package var requeued = 0
        /// Jobs given up because executors kept getting lost on them.
        package var quarantined = 0
        package var duplicates = 0
        /// Messages that were refused.
        package var refused = 0
        /// Mean time from submission to lease, over all leases, seconds.
        package var meanWaitSeconds = 0.0

        package init() {}
    }

    private struct Executor {
        var route: PeerID
        var heard: Double
        var slots: Int
        var languages: Set<String>
        var name: String
        /// Leases of an earlier dispatcher that it still works on; each holds a credit until its result comes.
        var foreign: Set<UInt64>
    }

    private struct Client {
        var route: PeerID
        var heard: Double
    }

    private enum Side { case client, executor }

    /// A message to send once the state has been brought up to date.
    private struct Outgoing {
        let side: Side
        let route: PeerID
        let body: WireEnvelope.OneOf_Body
        /// The lease that is lost if the message cannot be sent.
        var lease: UInt64?
    }

    private let clientChannel: any ServerChannel
    private let executorChannel: any ServerChannel
    private let options: Options
    private let incarnation = EnvelopeCodec.newIdentifier()
    private let started = ContinuousClock.now
    private var queue: LeaseQueue<WireExecutionRequest, Digest, [UInt8]>
    private var executors: [[UInt8]: Executor] = [:]
    private var clients: [[UInt8]: Client] = [:]
    private var interest: [Digest: Set<[UInt8]>] = [:]
    private var cache: VerdictCache
    /// Since when no executor knows a language that is asked for.
    private var orphanSince: [String: Double] = [:]
    private var lastTrouble: [Digest: String] = [:]
    private var statistics = Statistics()
    private var waitTotal = 0.0
    private var waitCount = 0

    package init(clients: any ServerChannel, executors: any ServerChannel, options: Options = Options()) {
        clientChannel = clients
        executorChannel = executors
        self.options = options
        queue = LeaseQueue(
            leaseSeconds: options.leaseSeconds,
            returnsCredits: true,
            firstLease: UInt64.random(in: 1...UInt64.max >> 1)
        )
        cache = VerdictCache(capacity: options.cacheEntries)
    }

    private var now: Double { (ContinuousClock.now - started) / .seconds(1) }

    package func snapshot() -> Statistics {
        var statistics = statistics
        let counts = queue.counts
        statistics.queued = counts.queued
        statistics.running = counts.leased
        statistics.completed = counts.completed
        statistics.requeued = counts.requeued
        statistics.quarantined = counts.quarantined
        statistics.duplicates = counts.duplicates
        statistics.executors = executors.count
        statistics.slots = executors.values.reduce(0) { $0 + $1.slots }
        statistics.clients = clients.count
        statistics.meanWaitSeconds = waitCount == 0 ? 0 : waitTotal / Double(waitCount)
        return statistics
    }

    /// Serves until the task is cancelled or a channel fails; peers are told goodbye.
    package func run() async throws(DispatchError) {
        let failure = await withTaskGroup(of: TransportError?.self) { group in
            group.addTask { await self.serve(.client) }
            group.addTask { await self.serve(.executor) }
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(100))) != nil { await self.tick() }
                return nil
            }
            var failure: TransportError?
            for await ended in group {
                if let ended, ended != .cancelled, failure == nil { failure = ended }
                group.cancelAll()
            }
            return failure
        }
        await sayGoodbye()
        if let failure { throw .transport(failure) }
    }

    private func serve(_ side: Side) async -> TransportError? {
        let channel = side == .client ? clientChannel : executorChannel
        do throws(TransportError) {
            while true {
                guard let message = try await channel.receive(timeout: nil) else { continue }
                await deliver(handle(message.frame, from: message.peer, side))
            }
        } catch {
            return error
        }
    }

    private func sayGoodbye() async {
        var bye = WireBye()
        bye.reason = "the dispatcher stops"
        var messages: [Outgoing] = []
        for peer in executors.values { messages.append(Outgoing(side: .executor, route: peer.route, body: .bye(bye))) }
        for peer in clients.values { messages.append(Outgoing(side: .client, route: peer.route, body: .bye(bye))) }
        await deliver(messages)
    }

    private func deliver(_ messages: [Outgoing]) async {
        var messages = messages
        while !messages.isEmpty {
            var lost: [LeaseQueue<WireExecutionRequest, Digest, [UInt8]>.Loss] = []
            for message in messages {
                guard
                    let frame = try? EnvelopeCodec.encode(
                        message.body,
                        runID: options.runID,
                        incarnation: incarnation,
                        limit: ProtocolLimits.executionFrameBytes
                    )
                else { continue }
                let channel = message.side == .client ? clientChannel : executorChannel
                do throws(TransportError) {
                    try await channel.send(frame, to: message.route)
                } catch {
                    // The executor never saw it: nobody is to blame, and it need not wait for the lease to lapse.
                    if let lease = message.lease, let loss = queue.lose(lease, blame: false) { lost.append(loss) }
                    if case .peerUnreachable = error, message.side == .executor { disconnect(message.route) }
                }
            }
            messages = lost.isEmpty ? [] : assignments() + verdicts(for: lost)
        }
    }

    /// Takes credit from an executor whose connection is gone; it says hello again if it lives.
    private func disconnect(_ route: PeerID) {
        for (name, executor) in executors where executor.route == route { queue.drain(name) }
    }

    private func handle(_ frame: [UInt8], from route: PeerID, _ side: Side) -> [Outgoing] {
        do throws(ProtocolError) {
            let envelope = try EnvelopeCodec.decode(frame, limit: ProtocolLimits.executionFrameBytes)
            guard let body = envelope.body else { throw .missingBody }
            guard envelope.runID.isEmpty || options.runID.isEmpty || Array(envelope.runID) == options.runID else {
                throw .invalidField(field: "run_id", expected: "that of this dispatcher's run", found: "another")
            }
            let sender = Array(envelope.incarnation)
            return switch side {
            case .client: try handle(client: sender, route: route, body)
            case .executor: try handle(executor: sender, route: route, body)
            }
        } catch {
            statistics.refused += 1
            return [refusal(error.description, to: route, side)]
        }
    }

    private func refusal(_ reason: String, to route: PeerID, _ side: Side) -> Outgoing {
        var refusal = WireRefusal()
        refusal.reason = reason.cut(toUTF8Bytes: ProtocolLimits.nameBytes)
        return Outgoing(side: side, route: route, body: .refusal(refusal))
    }

    private func welcome(_ route: PeerID, _ side: Side) -> Outgoing {
        var welcome = WireWelcome()
        welcome.name = options.name
        welcome.heartbeatSeconds = options.heartbeatSeconds
        return Outgoing(side: side, route: route, body: .welcome(welcome))
    }

    private func handle(
        client: [UInt8],
        route: PeerID,
        _ body: WireEnvelope.OneOf_Body
    ) throws(ProtocolError) -> [Outgoing] {
        if case .hello(let hello) = body {
            guard hello.role == .client else {
                throw .invalidField(field: "hello.role", expected: "client", found: "\(hello.role)")
            }
            clients[client] = Client(route: route, heard: now)
            return [welcome(route, .client)]
        }
        guard clients[client]?.route == route else { return [refusal("say hello first", to: route, .client)] }
        clients[client]?.heard = now
        switch body {
        case .heartbeat: return []
        case .bye:
            forget(client: client)
            return []
        case .executionRequest(let request): return submit(request, for: client, route: route)
        default:
            throw .unexpectedMessage(found: body.name, expected: "execution_request, heartbeat or bye")
        }
    }

    private func forget(client: [UInt8]) {
        clients[client] = nil
        for id in interest.keys {
            interest[id]?.remove(client)
            // Nobody wants a job that has not begun.
            if interest[id]?.isEmpty == true {
                interest[id] = nil
                queue.drop(id)
            }
        }
    }

    private func submit(_ request: WireExecutionRequest, for client: [UInt8], route: PeerID) -> [Outgoing] {
        statistics.requests += 1
        guard let id = Digest(bytes: Array(request.jobDigest)) else { return [] }
        if let verdict = cache[id] {
            statistics.cacheHits += 1
            return [reply(verdict, id, to: route)]
        }
        if interest[id]?.contains(client) != true {
            if !queue.submit(id, request, kind: request.language, priority: Int(request.priority), now: now) {
                statistics.merged += 1
            }
            interest[id, default: []].insert(client)
        }
        return assignments()
    }

    private func reply(_ verdict: WireVerdict, _ id: Digest, to route: PeerID) -> Outgoing {
        var reply = WireExecutionReply()
        reply.jobDigest = Data(id.bytes)
        reply.verdict = verdict
        return Outgoing(side: .client, route: route, body: .executionReply(reply))
    }

    private func handle(
        executor: [UInt8],
        route: PeerID,
        _ body: WireEnvelope.OneOf_Body
    ) throws(ProtocolError) -> [Outgoing] {
        if case .hello(let hello) = body { return try register(executor, route: route, hello) }
        guard executors[executor]?.route == route else { return [refusal("say hello first", to: route, .executor)] }
        executors[executor]?.heard = now
        switch body {
        case .heartbeat: return []
        case .leaseRenewal(let renewal):
            queue.renew(renewal.leaseIds, by: executor, now: now)
            return []
        case .executionResult(let result): return finish(result, by: executor, route: route)
        case .bye:
            executors[executor] = nil
            return verdicts(for: queue.peerGone(executor, blame: false)) + assignments()
        default:
            throw .unexpectedMessage(
                found: body.name,
                expected: "lease_renewal, execution_result, heartbeat or bye"
            )
        }
    }

    private func register(
        _ executor: [UInt8],
        route: PeerID,
        _ hello: WireHello
    ) throws(ProtocolError) -> [Outgoing] {
        guard hello.role == .executor else {
            throw .invalidField(field: "hello.role", expected: "executor", found: "\(hello.role)")
        }
        for language in hello.toolChains.keys where Language(rawValue: language) == nil {
            throw .invalidField(field: "hello.tool_chains", expected: "known languages", found: language)
        }
        let slots = Int(hello.slots)
        let languages = Set(hello.toolChains.keys)
        let running = Set(hello.runningLeases)
        executors[executor] = Executor(
            route: route,
            heard: now,
            slots: slots,
            languages: languages,
            name: hello.name,
            foreign: running.subtracting(queue.leases(of: executor))
        )
        // Leases it does not know were lost on their way to it.
        var losses: [LeaseQueue<WireExecutionRequest, Digest, [UInt8]>.Loss] = []
        for lease in queue.leases(of: executor) where !running.contains(lease) {
            if let loss = queue.lose(lease, blame: false) { losses.append(loss) }
        }
        queue.renew(hello.runningLeases, by: executor, now: now)
        queue.drain(executor)
        // No slots: it finishes what it has and leaves.
        if slots > 0 {
            let capacity = slots + (slots + 9) / 10
            let held = max(queue.leases(of: executor).count, running.count)
            queue.grantCredits(executor, capacity - held, kinds: languages)
        }
        return [welcome(route, .executor)] + verdicts(for: losses) + assignments()
    }

    private func finish(_ result: WireExecutionResult, by executor: [UInt8], route: PeerID) -> [Outgoing] {
        var ack = WireExecutionAck()
        ack.leaseID = result.leaseID
        let acknowledgement = Outgoing(side: .executor, route: route, body: .executionAck(ack))
        if let peer = executors[executor], peer.slots > 0, peer.foreign.contains(result.leaseID) {
            executors[executor]?.foreign.remove(result.leaseID)
            queue.grantCredits(executor, 1, kinds: peer.languages)
        }
        guard let id = Digest(bytes: Array(result.jobDigest)) else { return [acknowledgement] }
        if result.verdict.outcome == Verdict.Outcome.infrastructureFailure.rawValue {
            lastTrouble[id] = result.verdict.diagnostics
            let losses = queue.lose(result.leaseID, blame: true).map { [$0] } ?? []
            return [acknowledgement] + verdicts(for: losses) + assignments()
        }
        var completion = queue.completed(result.leaseID, by: executor)
        // A lease of a dispatcher that is no more: the job, if somebody still wants it, is named by its content.
        if case .unknown = completion { completion = queue.complete(id) }
        guard case .accepted(let accepted, _) = completion else { return [acknowledgement] + assignments() }
        let replies = settle(accepted, result.verdict)
        return [acknowledgement] + replies + assignments()
    }

    /// Answers everybody who asked for the job.
    private func settle(_ id: Digest, _ verdict: WireVerdict) -> [Outgoing] {
        lastTrouble[id] = nil
        cache.insert(verdict, for: id)
        let interested = interest.removeValue(forKey: id) ?? []
        return interested.compactMap { client in
            clients[client].map { reply(verdict, id, to: $0.route) }
        }
    }

    private func verdicts(for losses: [LeaseQueue<WireExecutionRequest, Digest, [UInt8]>.Loss]) -> [Outgoing] {
        losses.filter { $0.fate == .quarantined }.flatMap { loss in
            let trouble = lastTrouble[loss.id].map { ": \($0)" } ?? ""
            return fail(loss.id, "lost on \(queue.maximumLosses) executors\(trouble)")
        }
    }

    private func fail(_ id: Digest, _ reason: String) -> [Outgoing] {
        settle(id, WireVerdict(Verdict(outcome: .infrastructureFailure, diagnostics: reason)))
    }

    private func assignments() -> [Outgoing] {
        queue.assign(now: now).compactMap { assignment in
            waitTotal += assignment.waited
            waitCount += 1
            guard let executor = executors[assignment.peer] else { return nil }
            var lease = WireExecutionLease()
            lease.leaseID = assignment.lease
            lease.request = assignment.job
            lease.durationSeconds = options.leaseSeconds
            return Outgoing(
                side: .executor,
                route: executor.route,
                body: .executionLease(lease),
                lease: assignment.lease
            )
        }
    }

    private func tick() async {
        var losses = queue.expire(now: now)
        for (name, executor) in executors where now - executor.heard > options.silenceSeconds {
            executors[name] = nil
            losses += queue.peerGone(name)
        }
        for (name, client) in clients where now - client.heard > 20 * options.silenceSeconds { forget(client: name) }
        let replies = verdicts(for: losses) + abandonedLanguages()
        await deliver(replies + assignments())
    }

    /// Answers the jobs whose language nobody has known for too long.
    private func abandonedLanguages() -> [Outgoing] {
        let waiting = queue.waiting
        orphanSince = orphanSince.filter { waiting[$0.key] != nil && !queue.hasPeer(for: $0.key) }
        var messages: [Outgoing] = []
        for language in waiting.keys where !queue.hasPeer(for: language) {
            let since = orphanSince[language] ?? now
            orphanSince[language] = since
            guard now - since >= options.languageGraceSeconds else { continue }
            let known = Set(executors.values.flatMap(\.languages)).sorted().joined(separator: ", ")
            let reason =
                "no executor has known \(language) for \(Int(now - since)) s; "
                + (executors.isEmpty ? "there are no executors" : "\(executors.count) executors know \(known)")
            for id in queue.waitingJobs(of: language) {
                queue.drop(id)
                messages += fail(id, reason)
            }
        }
        return messages
    }
}

import Determinism
import Foundation
import Programs
import Protocol
import Transport

/// What the processes of a simulated cluster do.
extension ClusterSimulation {
    /// The connection of `node` to a server, as long as both live.
    private func route(_ node: SimulatedNode, to server: SimulatedNode) -> PeerID {
        let (kind, index): (UInt8, Int) =
            switch node {
            case .learner: (0, 0)
            case .dispatcher(let i): (1, i)
            case .worker(let i): (2, i)
            case .executor(let i): (3, i)
            }
        return PeerID(bytes: [
            kind, UInt8(index), UInt8(clamping: starts[node] ?? 0), UInt8(clamping: starts[server] ?? 0),
        ])
    }

    private func node(at route: PeerID) -> SimulatedNode {
        route.bytes[0] == 2 ? .worker(Int(route.bytes[1])) : .executor(Int(route.bytes[1]))
    }

    private func isConnected(_ route: PeerID, to server: SimulatedNode) -> Bool {
        let peer = node(at: route)
        return up.contains(peer) && self.route(peer, to: server) == route
    }

    mutating func receive(_ message: SimulatedMessage) {
        switch message.to {
        case .learner:
            board.receive(message.body, from: route(message.from, to: .learner), now: now)
            performLearner()
        case .dispatcher(let i):
            var envelope = WireEnvelope()
            envelope.incarnation = Data(route(message.from, to: .learner).bytes.prefix(3))
            envelope.body = message.body
            let side: DispatcherSide = if case .executor = message.from { .executor } else { .client }
            dispatchers[i].receive(envelope, bytes: 100, from: route(message.from, to: message.to), side, now: now)
            performDispatcher(i)
        case .worker(let i):
            if case .dispatcher(let sender) = message.from {
                fromDispatcher(sender, to: i, message.body)
            } else {
                fromLearner(i, message.body)
            }
        case .executor(let i): perform(i, executors[i].receive(message.body, now: now))
        }
    }

    mutating func beat(_ node: SimulatedNode) {
        switch node {
        case .learner:
            board.tick(now: now)
            performLearner()
        case .dispatcher(let i):
            dispatchers[i].tick(now: now)
            performDispatcher(i)
        case .worker(let i):
            for body in workers[i].beat(now: now) { send(body, from: node, to: .learner) }
            var messages = workers[i].client.beat(now: now)
            if options.plantedBug == .neverAsksAgain { messages = Array(messages.prefix(dispatchers.count)) }
            sendToDispatchers(messages, from: i)
        case .executor(let i):
            var effects = executors[i].beat(now: now)
            if options.plantedBug == .reportsOnce {
                effects.removeAll { if case .send(.executionResult) = $0 { true } else { false } }
            }
            perform(i, effects)
        }
    }

    // MARK: Learner

    /// Asks for the shards of the step that comes next; what the disk holds is not computed again.
    mutating func submit() {
        guard step < options.steps else { return }
        let leases = (0..<options.shardsPerStep).map { shard in
            var lease = WireRolloutLease()
            lease.purpose = .training
            lease.step = UInt64(step)
            lease.shard = UInt32(shard)
            lease.weightsDigest = Data([UInt8(step)])
            lease.slots = (0..<options.programsPerShard).map { slot in
                var wire = WireRolloutLease.Slot()
                wire.index = UInt32(slot)
                return wire
            }
            return lease
        }
        let stored = disk.filter { $0.key.batch.step == step }.sorted { $0.key.shard < $1.key.shard }.map(\.value)
        board.submit(leases, stored: stored, now: now)
        performLearner()
    }

    private mutating func performLearner() {
        for effect in board.takeEffects() {
            switch effect {
            case .send(let body, let peer):
                if isConnected(peer, to: .learner) {
                    send(body, from: .learner, to: node(at: peer))
                } else {
                    board.unreachable(peer, now: now)
                }
            case .store(let result):
                if options.plantedBug == .acknowledgesBeforeStoring { acknowledgeEverywhere(result) }
                let id = ShardID(of: result)
                writing[id] = result
                agenda.add(.written(start: starts[.learner] ?? 0, id), at: now + 0.002 + 0.2 * random.unit())
            case .complete(let batch): consume(batch)
            }
        }
    }

    private mutating func acknowledgeEverywhere(_ result: WireShardResult) {
        var ack = WireShardAck()
        ack.purpose = result.purpose
        ack.step = result.step
        ack.shard = result.shard
        for i in workers.indices { send(.shardAck(ack), from: .learner, to: .worker(i)) }
    }

    mutating func written(_ id: ShardID) {
        guard let result = writing.removeValue(forKey: id) else { return }
        disk[id] = result
        everStored.insert(id)
        board.stored(id)
        performLearner()
    }

    private mutating func consume(_ batch: BatchID) {
        guard let shards = board.take(batch) else {
            return complain("step \(batch.step) is complete and cannot be taken")
        }
        guard shards.count == options.shardsPerStep else { return complain("step \(batch.step) lacks shards") }
        for (lease, result) in shards {
            consumed[ShardID(of: result), default: 0] += 1
            let digests = jobs.digests(of: lease)
            for (trajectory, digest) in zip(result.trajectories, digests) { check(trajectory.verdict, digest) }
        }
        // The checkpoint: from now on a learner that starts begins with the next step.
        step += 1
        disk = [:]
        submit()
    }

    private mutating func check(_ verdict: WireVerdict, _ digest: Digest) {
        if verdict.outcome == Verdict.Outcome.infrastructureFailure.rawValue { return }
        if jobs.poison.contains(digest) {
            return complain("a job that ends every executor was judged \(verdict.outcome)")
        }
        let right = SimulatedJobs.verdict(on: digest)
        guard verdict == right else { return complain("a job was judged \(verdict), which is \(right)") }
    }

    // MARK: Dispatcher

    /// The one that an executor connects to.
    func dispatcher(of executor: Int) -> SimulatedNode { .dispatcher(executor % options.dispatchers) }

    mutating func sendToDispatchers(_ messages: [ClientCore.Message], from worker: Int) {
        for message in messages { send(message.body, from: .worker(worker), to: .dispatcher(message.dispatcher)) }
    }

    private mutating func performDispatcher(_ i: Int) {
        while true {
            let effects = dispatchers[i].takeEffects()
            if effects.isEmpty { return }
            for case .send(let message) in effects {
                guard isConnected(message.route, to: .dispatcher(i)) else {
                    dispatchers[i].undeliverable(message, unreachable: true, now: now)
                    continue
                }
                var body = message.body
                if options.plantedBug == .mixesUpVerdicts, case .executionReply(var reply) = body,
                    random.integer(below: 10) == 0
                {
                    reply.verdict = SimulatedJobs.verdict(on: Digest(of: [UInt8(1)]))
                    body = .executionReply(reply)
                }
                send(body, from: .dispatcher(i), to: node(at: message.route))
            }
        }
    }

    // MARK: Workers

    private mutating func fromLearner(_ i: Int, _ body: WireEnvelope.OneOf_Body) {
        switch body {
        case .welcome: workers[i].isKnown = true
        case .refusal:
            workers[i].isKnown = false
            send(workers[i].hello(), from: .worker(i), to: .learner)
        case .rolloutLease(let lease):
            guard workers[i].isKnown, workers[i].work[lease.leaseID] == nil else { return }
            workers[i].work[lease.leaseID] = SimulatedWorker.Work(lease: lease)
            let done = now + 0.1 + 0.4 * random.unit()
            agenda.add(.sampled(worker: i, start: starts[.worker(i)] ?? 0, lease: lease.leaseID), at: done)
        case .shardAck(let ack):
            let batch = BatchID(purpose: ack.purpose, label: ack.label, step: Int(ack.step))
            let id = ShardID(batch: batch, shard: Int(ack.shard))
            if !everStored.contains(id) {
                complain("shard \(id.shard) of step \(batch.step) was acknowledged and not stored")
            }
            workers[i].results[id] = nil
        default: break
        }
    }

    mutating func sampled(_ i: Int, _ lease: UInt64) {
        guard let item = workers[i].work[lease] else { return }
        workers[i].work[lease]?.isSampled = true
        for request in jobs.requests(of: item.lease) {
            guard let digest = Digest(bytes: Array(request.jobDigest)) else { continue }
            // Another shard of this worker may have asked for it; the verdict comes to both.
            if let message = workers[i].client.ask(digest, request, now: now) {
                sendToDispatchers([message], from: i)
            }
        }
    }

    private mutating func fromDispatcher(_ dispatcher: Int, to i: Int, _ body: WireEnvelope.OneOf_Body) {
        let outcome = workers[i].client.receive(body, from: dispatcher, now: now)
        for (digest, verdict) in outcome.verdicts {
            check(verdict, digest)
            for result in workers[i].take(digest, verdict, jobs: jobs, now: now) {
                send(.shardResult(result), from: .worker(i), to: .learner)
            }
        }
        sendToDispatchers(outcome.send, from: i)
    }

    // MARK: Executors

    private mutating func perform(_ i: Int, _ effects: [ExecutorCore.Effect]) {
        for effect in effects {
            guard up.contains(.executor(i)) else { return }
            switch effect {
            case .send(let body): send(body, from: .executor(i), to: dispatcher(of: i))
            case .start(let lease, let request):
                guard let digest = Digest(bytes: Array(request.jobDigest)) else { continue }
                if jobs.poison.contains(digest) { return crash(.executor(i)) }
                running[i][lease] = digest
                // Most are quick, some are not.
                let seconds = random.integer(below: 20) == 0 ? 3 : 0.3
                let done = now + 0.01 + seconds * random.unit()
                agenda.add(.judged(executor: i, start: starts[.executor(i)] ?? 0, lease: lease), at: done)
            case .cancel: break
            }
        }
    }

    mutating func judged(_ i: Int, _ lease: UInt64) {
        guard let digest = running[i].removeValue(forKey: lease) else { return }
        var verdict = SimulatedJobs.verdict(on: digest)
        if digest.bytes == Array(Self.probe.request.jobDigest) { verdict.outcome = Verdict.Outcome.accepted.rawValue }
        perform(i, executors[i].finished(lease, verdict, now: now))
    }
}

extension CounterGenerator {
    /// A uniform number in 0 ..< 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

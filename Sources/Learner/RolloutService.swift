internal import Dispatching
internal import Foundation
internal import Protocol
internal import Telemetry
internal import Transport

/// Leases shards to rollout workers and gathers their results: the learner's side of the control plane.
///
/// A shard is keyed by (purpose, label, step, shard). Any worker may compute it; a second copy is dropped. A worker that
/// falls silent loses its leases to the others.
actor RolloutService {
    /// The name of one shard.
    struct ShardID: Hashable, Sendable {
        var batch: BatchID
        var shard: Int
    }

    /// The name of a step's batch of shards.
    struct BatchID: Hashable, Sendable {
        var purpose: WirePurpose
        var label: String
        var step: Int
    }

    private struct Batch {
        var leases: [WireRolloutLease]
        var results: [Int: WireShardResult] = [:]
        var waiter: CheckedContinuation<Void, Never>?
        var isComplete: Bool { results.count == leases.count }
    }

    private struct Peer {
        var name: String
        var lastHeard: ContinuousClock.Instant
    }

    private let channel: any ServerChannel
    private let runID: [UInt8]
    private let incarnation = EnvelopeCodec.newIdentifier()
    private let welcome: WireWelcome
    private let silence: Duration
    private var queue: LeaseQueue<ShardID, ShardID, PeerID>
    private var batches: [BatchID: Batch] = [:]
    private var peers: [PeerID: Peer] = [:]
    private var isClosed = false
    /// Frames that were not understood or not allowed, and why the last one was not.
    private(set) var refusals = 0
    private(set) var duplicates = 0

    init(
        channel: any ServerChannel,
        runID: [UInt8],
        welcome: WireWelcome,
        leaseSeconds: Double,
        silenceSeconds: Double
    ) {
        self.channel = channel
        self.runID = runID
        self.welcome = welcome
        silence = .seconds(silenceSeconds)
        // A shard is never given up: it is arithmetic, and does not kill workers.
        queue = LeaseQueue(leaseSeconds: leaseSeconds, maximumLosses: 1_000_000, returnsCredits: true)
    }

    private let started = ContinuousClock.now
    /// Seconds, for the queue's deadlines.
    private var now: Double { (ContinuousClock.now - started).seconds }

    /// Workers that are heard of.
    var workerCount: Int { peers.count }
    /// Shards waiting or being computed.
    var outstanding: Int { queue.counts.queued + queue.counts.leased }

    /// Puts a batch of shards in the queue.
    ///
    /// Evaluations go first.
    func submit(_ leases: [WireRolloutLease]) async {
        guard let first = leases.first else { return }
        let id = BatchID(purpose: first.purpose, label: first.label, step: Int(first.step))
        batches[id] = Batch(leases: leases)
        for lease in leases {
            let shard = ShardID(batch: id, shard: Int(lease.shard))
            queue.submit(shard, shard, priority: lease.purpose == .evaluation ? 1 : 0, now: now)
        }
        await assign()
    }

    /// Waits until every shard of a batch is there, and forgets the batch.
    ///
    /// - Returns: leases with their results, in shard order.
    /// - Throws: `CancellationError` when the service was closed first.
    func collect(_ id: BatchID) async throws -> [(lease: WireRolloutLease, result: WireShardResult)] {
        guard let batch = batches[id] else { return [] }
        if !batch.isComplete, !isClosed {
            await withCheckedContinuation { batches[id]?.waiter = $0 }
        }
        guard let done = batches[id], done.isComplete else { throw CancellationError() }
        batches[id] = nil
        return done.leases.indices.compactMap { i in done.results[i].map { (done.leases[i], $0) } }
    }

    /// Serves workers until cancelled or closed.
    func run() async {
        while !isClosed, !Task.isCancelled {
            do {
                if let (peer, frame) = try await channel.receive(timeout: .milliseconds(200)) {
                    await handle(frame, from: peer)
                }
            } catch .cancelled, .closed {
                break
            } catch {
                refusals += 1
            }
            await sweep()
        }
        close()
    }

    /// Wakes everyone who waits; nothing more is leased.
    func close() {
        isClosed = true
        for id in batches.keys {
            batches[id]?.waiter?.resume()
            batches[id]?.waiter = nil
        }
    }

    /// Tells every worker that the run is over.
    func sayGoodbye() async {
        for peer in Array(peers.keys) {
            var bye = WireBye()
            bye.reason = "the run is over"
            await send(.bye(bye), to: peer)
        }
    }

    private func handle(_ frame: [UInt8], from peer: PeerID) async {
        let envelope: WireEnvelope
        do {
            envelope = try EnvelopeCodec.decode(frame)
        } catch {
            return await refuse("\(error)", peer)
        }
        guard envelope.runID.isEmpty || Array(envelope.runID) == runID else {
            return await refuse("this is another run", peer)
        }
        if peers[peer] == nil {
            guard case .hello(let hello)? = envelope.body, hello.role == .rolloutWorker else {
                return await refuse("the first message must be the hello of a rollout worker", peer)
            }
        }
        peers[peer]?.lastHeard = .now
        switch envelope.body {
        case .hello(let hello):
            peers[peer] = Peer(name: hello.name, lastHeard: .now)
            _ = queue.peerGone(peer)
            await send(.welcome(welcome), to: peer)
            queue.grantCredits(peer, Int(hello.slots))
        case .heartbeat(let beat):
            await send(.heartbeat(beat), to: peer)
        case .leaseRenewal(let renewal):
            queue.renew(renewal.leaseIds, by: peer, now: now)
        case .shardResult(let result):
            await accept(result, from: peer)
        case .bye:
            peers[peer] = nil
            _ = queue.peerGone(peer)
        default:
            await refuse("a learner does not expect \(envelope.body?.name ?? "nothing")", peer)
        }
        await assign()
    }

    private func accept(_ result: WireShardResult, from peer: PeerID) async {
        let id = BatchID(purpose: result.purpose, label: result.label, step: Int(result.step))
        let shard = Int(result.shard)
        var ack = WireShardAck()
        ack.purpose = result.purpose
        ack.step = result.step
        ack.shard = result.shard
        ack.label = result.label
        let known = batches[id].map { $0.leases.indices.contains(shard) } ?? false
        if known, let lease = batches[id]?.leases[shard] {
            guard lease.weightsDigest == result.weightsDigest else {
                return await refuse("shard \(shard) of step \(result.step) was made with other weights", peer)
            }
            guard result.trajectories.map(\.slot) == lease.slots.map(\.index) else {
                return await refuse("shard \(shard) of step \(result.step) has the wrong slots", peer)
            }
        }
        let isNew = known && batches[id]?.results[shard] == nil
        if isNew {
            batches[id]?.results[shard] = result
        } else {
            duplicates += 1
        }
        if case .unknown = queue.completed(result.leaseID, by: peer) {
            // Computed under a lease of an earlier learner: the shard is done all the same.
            _ = queue.complete(ShardID(batch: id, shard: shard))
        }
        ack.duplicate = !isNew
        await send(.shardAck(ack), to: peer)
        if let batch = batches[id], batch.isComplete {
            batch.waiter?.resume()
            batches[id]?.waiter = nil
        }
    }

    private func sweep() async {
        let now = ContinuousClock.now
        for (peer, state) in peers where now - state.lastHeard > silence {
            peers[peer] = nil
            _ = queue.peerGone(peer)
        }
        _ = queue.expire(now: self.now)
        await assign()
    }

    private func assign() async {
        for assignment in queue.assign(now: now) {
            guard var lease = batches[assignment.id.batch]?.leases[assignment.id.shard] else {
                queue.drop(assignment.id)
                continue
            }
            lease.leaseID = assignment.lease
            await send(.rolloutLease(lease), to: assignment.peer)
        }
    }

    private func refuse(_ reason: String, _ peer: PeerID) async {
        refusals += 1
        var refusal = WireRefusal()
        refusal.reason = reason
        await send(.refusal(refusal), to: peer)
    }

    private func send(_ body: WireEnvelope.OneOf_Body, to peer: PeerID) async {
        do {
            try await channel.send(EnvelopeCodec.encode(body, runID: runID, incarnation: incarnation), to: peer)
        } catch {
            // Unreachable: its leases go to others; it says hello again when it is back.
            peers[peer] = nil
            _ = queue.peerGone(peer)
        }
    }
}

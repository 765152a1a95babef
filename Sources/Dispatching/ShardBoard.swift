package import Protocol
package import Transport

/// The name of a step's batch of shards.
package struct BatchID: Hashable, Sendable {
    package var purpose: WirePurpose
    package var label: String
    package var step: Int

    package init(purpose: WirePurpose, label: String, step: Int) {
        self.purpose = purpose
        self.label = label
        self.step = step
    }
}

/// The name of one shard.
package struct ShardID: Hashable, Sendable {
    package var batch: BatchID
    package var shard: Int

    package init(batch: BatchID, shard: Int) {
        self.batch = batch
        self.shard = shard
    }

    /// The shard that `result` is of.
    package init(of result: WireShardResult) {
        batch = BatchID(purpose: result.purpose, label: result.label, step: Int(result.step))
        shard = Int(result.shard)
    }
}

/// What became of all shards.
package struct ShardAccounts: ConservedAccounts, Sendable, Equatable {
    package var issued = 0
    /// Their results are in the ledger.
    package var accepted = 0
    /// Withdrawn without a result, because the run ended.
    package var expired = 0
    /// Given up; a shard is arithmetic and does not kill workers, so that this stays 0.
    package var quarantined = 0
    /// Waiting, being computed, or on their way into the ledger.
    package var outstanding = 0
    /// Copies of results, which count for nothing.
    package var duplicates = 0

    package init() {}
}

/// The learner's side of the control plane: which shards are asked for, who computes them, what has come.
///
/// Pure: messages and the time go in; messages, and results to put into the ledger, come out. A result is acknowledged only
/// when it is in the ledger. Any worker may compute a shard; a second copy is dropped. A worker that falls silent loses its
/// leases to the others.
package struct ShardBoard: Sendable {
    /// What is to be done.
    package enum Effect: Sendable {
        case send(WireEnvelope.OneOf_Body, to: PeerID)
        /// Put into the ledger, and say so with ``stored(_:)``.
        case store(WireShardResult)
        /// Every shard of the batch is in the ledger.
        case complete(BatchID)
    }

    private struct Batch: Sendable {
        var leases: [WireRolloutLease]
        var results: [Int: WireShardResult] = [:]
        var isComplete: Bool { results.count == leases.count }
    }

    private struct Peer: Sendable {
        var name: String
        var heard: Double
        var slots = 0
        /// Version of the weights of its newest result.
        var version: Int?
        var shards = 0
        /// How far its clock is ahead of this one, as it says.
        var clock: ClockOffset?
    }

    private struct Storing: Sendable {
        let result: WireShardResult
        /// Who waits for the acknowledgement.
        var senders: Set<PeerID>
    }

    private let welcome: WireWelcome
    private let silenceSeconds: Double
    private let epoch: Double
    private var queue: LeaseQueue<ShardID, ShardID, PeerID>
    private var batches: [BatchID: Batch] = [:]
    private var storing: [ShardID: Storing] = [:]
    private var peers: [PeerID: Peer] = [:]
    private var effects: [Effect] = []
    private var counters = ShardAccounts()
    /// Messages that were not understood or not allowed.
    package private(set) var refusals = 0
    /// Which worker the last of them was of, and why; nil when it was of nobody who had said hello, as after a restart.
    package private(set) var lastRefusal: String?

    /// - Parameters:
    ///   - welcome: What a worker is told first.
    ///   - leaseSeconds: How long a lease lasts without a renewal.
    ///   - silenceSeconds: Silence after which a worker is given up.
    ///   - firstLease: Random in a service, so that a restarted one does not give an old name to a new lease.
    ///   - epoch: What time it was when `now` was 0, seconds since 1970.
    package init(
        welcome: WireWelcome,
        leaseSeconds: Double,
        silenceSeconds: Double,
        firstLease: UInt64,
        epoch: Double = 0
    ) {
        self.welcome = welcome
        self.epoch = epoch
        self.silenceSeconds = silenceSeconds
        // A shard is never given up: it is arithmetic, and does not kill workers.
        queue = LeaseQueue(
            leaseSeconds: leaseSeconds,
            maximumLosses: 1_000_000,
            returnsCredits: true,
            firstLease: firstLease
        )
    }

    /// What is to be done since the last call.
    package mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    /// Workers that are heard of.
    package var workerCount: Int { peers.count }
    /// Shards that were leased again because a lease was lost.
    package var reassigned: Int { queue.counts.requeued }

    /// The name of a worker.
    package func name(of peer: PeerID) -> String? { peers[peer]?.name }

    /// How far the clock of a worker is ahead of this one, as it says.
    package func clock(of peer: PeerID) -> ClockOffset? { peers[peer]?.clock }

    /// The workers, by name.
    package func workerStates(now: Double) -> [WorkerState] {
        peers.map { id, peer in
            WorkerState(
                name: peer.name,
                slots: peer.slots,
                leases: queue.leases(of: id).count,
                version: peer.version,
                silence: now - peer.heard,
                shards: peer.shards,
                clock: peer.clock
            )
        }.sorted { $0.name < $1.name }
    }

    /// Everything that is remembered, for those who check that it is bounded.
    package var footprint: Int { queue.footprint + storing.count + peers.count + batches.count }

    package var accounts: ShardAccounts {
        var accounts = counters
        accounts.outstanding = batches.values.reduce(0) { $0 + $1.leases.count - $1.results.count }
        return accounts
    }

    /// What the accounts say that must not be; nil when nothing was lost and nothing counted twice.
    package var imbalance: String? {
        let accounts = accounts
        let counts = queue.counts
        guard accounts.isBalanced, counts.isBalanced,
            counts.queued + counts.leased + storing.count == accounts.outstanding
        else { return "shards do not balance: \(accounts.summary); queue \(counts); in writing \(storing.count)" }
        return nil
    }

    /// Who waits for whom since when, for the shards that have been with a worker for more than `patience` seconds.
    package func delays(longerThan patience: Double, now: Double) -> [String] {
        var sentences: [String] = []
        for (id, batch) in batches.sorted(by: { $0.key.step < $1.key.step }) {
            let missing = batch.leases.indices.filter { batch.results[$0] == nil }
            let unheld = missing.filter { queue.holders(of: ShardID(batch: id, shard: $0)).isEmpty }
            for shard in missing {
                for (peer, since) in queue.holders(of: ShardID(batch: id, shard: shard)) where now - since > patience {
                    sentences.append(
                        "shard \(shard) of step \(id.step) has been with \(peers[peer]?.name ?? "a worker") "
                            + "for \(Int(now - since)) s"
                    )
                }
            }
            if !unheld.isEmpty {
                sentences.append("\(unheld.count) shards of step \(id.step) wait for one of \(peers.count) workers")
            }
        }
        if !storing.isEmpty { sentences.append("\(storing.count) shards wait for the ledger") }
        return Array(sentences.prefix(10))
    }

    /// Puts a batch of shards in the queue, but for those whose results are `stored` in the ledger; evaluations go first.
    package mutating func submit(_ leases: [WireRolloutLease], stored: [WireShardResult] = [], now: Double) {
        guard let first = leases.first else { return }
        let id = BatchID(purpose: first.purpose, label: first.label, step: Int(first.step))
        batches[id] = Batch(leases: leases)
        counters.issued += leases.count
        for result in stored where complaint(about: result, id) == nil && batches[id]?.results[Int(result.shard)] == nil
        {
            batches[id]?.results[Int(result.shard)] = result
            counters.accepted += 1
        }
        for lease in leases where batches[id]?.results[Int(lease.shard)] == nil {
            let shard = ShardID(batch: id, shard: Int(lease.shard))
            queue.submit(shard, shard, priority: lease.purpose == .evaluation ? 1 : 0, now: now)
        }
        if batches[id]?.isComplete == true { effects.append(.complete(id)) }
        assign(now: now)
    }

    /// Whether every shard of the batch is there.
    package func isComplete(_ id: BatchID) -> Bool { batches[id]?.isComplete ?? true }

    /// Every shard of a complete batch, in order; the batch is forgotten.
    package mutating func take(_ id: BatchID) -> [(lease: WireRolloutLease, result: WireShardResult)]? {
        guard let batch = batches[id], batch.isComplete else { return nil }
        batches[id] = nil
        return batch.leases.indices.compactMap { i in batch.results[i].map { (batch.leases[i], $0) } }
    }

    /// The run ends: nothing more is wanted.
    package mutating func withdrawAll() {
        for (id, batch) in batches {
            for lease in batch.leases where batch.results[Int(lease.shard)] == nil {
                let shard = ShardID(batch: id, shard: Int(lease.shard))
                queue.drop(shard)
                storing[shard] = nil
                counters.expired += 1
            }
            batches[id] = nil
        }
    }

    /// Tells every worker that the run is over.
    package mutating func close() {
        var bye = WireBye()
        bye.reason = "the run is over"
        for peer in peers.keys { effects.append(.send(.bye(bye), to: peer)) }
    }

    /// A message could not be delivered: the worker's leases go to others; it says hello again when it is back.
    package mutating func unreachable(_ peer: PeerID, now: Double) {
        peers[peer] = nil
        _ = queue.peerGone(peer)
        assign(now: now)
    }

    /// A frame of `peer` could not be understood, or is not allowed.
    package mutating func refuse(_ reason: String, _ peer: PeerID) {
        refusals += 1
        lastRefusal = peers[peer].map { "\($0.name): \(reason)" }
        var refusal = WireRefusal()
        refusal.reason = reason
        effects.append(.send(.refusal(refusal), to: peer))
    }

    /// A message came from `peer`.
    package mutating func receive(_ body: WireEnvelope.OneOf_Body, from peer: PeerID, now: Double) {
        if peers[peer] == nil {
            guard case .hello(let hello) = body, hello.role == .rolloutWorker else {
                return refuse("the first message must be the hello of a rollout worker", peer)
            }
        }
        peers[peer]?.heard = now
        switch body {
        case .hello(let hello):
            peers[peer] = Peer(name: hello.name, heard: now, slots: Int(hello.slots))
            _ = queue.peerGone(peer)
            effects.append(.send(.welcome(welcome), to: peer))
            queue.grantCredits(peer, Int(hello.slots))
        case .heartbeat(let beat):
            if let clock = beat.clockOffset { peers[peer]?.clock = clock }
            effects.append(.send(.heartbeat(beat.answer(now: epoch + now)), to: peer))
        case .leaseRenewal(let renewal): queue.renew(renewal.leaseIds, by: peer, now: now)
        case .shardResult(let result): accept(result, from: peer)
        case .bye:
            peers[peer] = nil
            _ = queue.peerGone(peer)
        default: refuse("a learner does not expect \(body.name)", peer)
        }
        assign(now: now)
    }

    /// Why `result` is not one of the batch; nil when it is, or when nobody asks for it any more.
    private func complaint(about result: WireShardResult, _ id: BatchID) -> String? {
        let shard = Int(result.shard)
        guard let leases = batches[id]?.leases, leases.indices.contains(shard) else { return nil }
        guard leases[shard].weightsDigest == result.weightsDigest else {
            return "shard \(shard) of step \(result.step) was made with other weights"
        }
        guard result.trajectories.map(\.slot) == leases[shard].slots.map(\.index) else {
            return "shard \(shard) of step \(result.step) has the wrong slots"
        }
        return nil
    }

    private mutating func accept(_ result: WireShardResult, from peer: PeerID) {
        let id = ShardID(of: result)
        if let complaint = complaint(about: result, id.batch) { return refuse(complaint, peer) }
        let isWanted =
            batches[id.batch].map { $0.leases.indices.contains(id.shard) && $0.results[id.shard] == nil } ?? false
        if queue.job(of: result.leaseID) == id { _ = queue.completed(result.leaseID, by: peer) }
        // Computed under a lease of an earlier learner, or of an earlier connection: the shard is done all the same.
        if queue.contains(id) { _ = queue.complete(id) }
        if storing[id] != nil {
            counters.duplicates += 1
            storing[id]?.senders.insert(peer)
        } else if isWanted {
            peers[peer]?.version = batches[id.batch].map { Int($0.leases[id.shard].weights.version) }
            peers[peer]?.shards += 1
            storing[id] = Storing(result: result, senders: [peer])
            effects.append(.store(result))
        } else {
            counters.duplicates += 1
            acknowledge(id, to: peer, isDuplicate: true)
        }
    }

    private mutating func acknowledge(_ id: ShardID, to peer: PeerID, isDuplicate: Bool) {
        var ack = WireShardAck()
        ack.purpose = id.batch.purpose
        ack.step = UInt64(id.batch.step)
        ack.shard = UInt32(id.shard)
        ack.label = id.batch.label
        ack.duplicate = isDuplicate
        effects.append(.send(.shardAck(ack), to: peer))
    }

    /// The result of `id` is in the ledger: now it counts, and is acknowledged.
    package mutating func stored(_ id: ShardID) {
        guard let storing = storing.removeValue(forKey: id), batches[id.batch] != nil else { return }
        batches[id.batch]?.results[id.shard] = storing.result
        counters.accepted += 1
        for peer in storing.senders { acknowledge(id, to: peer, isDuplicate: false) }
        if batches[id.batch]?.isComplete == true { effects.append(.complete(id.batch)) }
    }

    /// Time has passed.
    package mutating func tick(now: Double) {
        for (peer, state) in peers where now - state.heard > silenceSeconds {
            peers[peer] = nil
            _ = queue.peerGone(peer)
        }
        _ = queue.expire(now: now)
        assign(now: now)
    }

    private mutating func assign(now: Double) {
        for assignment in queue.assign(now: now) {
            guard var lease = batches[assignment.id.batch]?.leases[assignment.id.shard] else {
                preconditionFailure("a shard in the queue belongs to a batch")
            }
            lease.leaseID = assignment.lease
            effects.append(.send(.rolloutLease(lease), to: assignment.peer))
        }
        _ = queue.takeMoot()
    }
}

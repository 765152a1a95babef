internal import Dispatching
internal import Foundation
internal import Protocol
internal import Telemetry
internal import Transport

/// Where results go before they are acknowledged.
protocol ShardStore: Sendable {
    /// Makes `results` durable; when it returns, a crash loses none of them.
    func append(_ results: [WireShardResult]) async throws
}

/// Leases shards to rollout workers and gathers their results: ``ShardBoard`` with a channel, a ledger and a clock.
actor RolloutService {
    private let channel: any ServerChannel
    private let runID: [UInt8]
    private let incarnation = EnvelopeCodec.newIdentifier()
    private let store: any ShardStore
    var board: ShardBoard
    /// Shards that came since they were last taken; see RolloutReport.swift.
    var finished: [ShardTimes] = []
    var bytesIn = 0
    var bytesOut = 0
    private var waiters: [BatchID: CheckedContinuation<Void, Never>] = [:]
    /// Results that wait for the commit that is going on to end.
    private var pending: [WireShardResult] = []
    private var isCommitting = false
    private var failure: (any Error)?
    private var isClosed = false
    private let started: Double
    private var ledger: ProgramLedger

    init(
        channel: any ServerChannel,
        runID: [UInt8],
        welcome: WireWelcome,
        store: any ShardStore,
        leaseSeconds: Double,
        silenceSeconds: Double
    ) {
        self.channel = channel
        self.runID = runID
        self.store = store
        ledger = ProgramLedger(silenceSeconds: silenceSeconds)
        started = ProcessClock.now
        board = ShardBoard(
            welcome: welcome,
            leaseSeconds: leaseSeconds,
            silenceSeconds: silenceSeconds,
            firstLease: UInt64.random(in: 1...UInt64.max >> 1),
            epoch: started
        )
    }

    /// Seconds, for deadlines; a clock that nobody can set.
    var now: Double { ProcessClock.now - started }

    /// What became of all shards.
    var accounts: ShardAccounts { board.accounts }

    /// What became of all programs, as the workers tell.
    var programs: ProgramAccounts { ledger.total(now: now) }

    /// Who waits for whom since when, as sentences; empty when everything moves.
    func delays(longerThan seconds: Double) -> [String] { board.delays(longerThan: seconds, now: now) }

    /// Puts a batch of shards in the queue; those among `stored` are there already.
    func submit(_ leases: [WireRolloutLease], stored: [WireShardResult] = []) async {
        board.submit(leases, stored: stored, now: now)
        await perform()
    }

    /// Waits until every shard of a batch is in the ledger, and forgets the batch.
    ///
    /// - Returns: leases with their results, in shard order.
    /// - Throws: `CancellationError` when the service was closed first; why results cannot be kept, or do not add up.
    func collect(_ id: BatchID) async throws -> [(lease: WireRolloutLease, result: WireShardResult)] {
        if !board.isComplete(id), !isClosed { await withCheckedContinuation { waiters[id] = $0 } }
        if let failure { throw failure }
        guard board.isComplete(id) else { throw CancellationError() }
        return board.take(id) ?? []
    }

    /// Serves workers until cancelled or closed.
    func run() async {
        while !isClosed, !Task.isCancelled {
            do throws(TransportError) {
                if let (peer, frame) = try await channel.receive(timeout: .milliseconds(200)) { receive(frame, peer) }
            } catch {
                if error == .cancelled || error == .closed { break }
            }
            board.tick(now: now)
            if let imbalance = board.imbalance { fail(LearnerError.accounts(imbalance)) }
            await perform()
        }
        close()
    }

    /// Wakes everyone who waits; nothing more is leased.
    func close() {
        isClosed = true
        for waiter in waiters.values { waiter.resume() }
        waiters = [:]
    }

    /// Tells every worker that the run is over.
    func sayGoodbye() async {
        board.withdrawAll()
        board.close()
        await perform()
    }

    private func fail(_ error: any Error) {
        failure = failure ?? error
        close()
    }

    private func receive(_ frame: [UInt8], _ peer: PeerID) {
        bytesIn += frame.count
        let refusals = board.refusals
        defer {
            // The first, the second, the fourth …: whoever does it for ever must not fill the log.
            if board.refusals > refusals, board.refusals & (board.refusals - 1) == 0, let last = board.lastRefusal {
                writeNotice("learner: control: refusal \(board.refusals): \(last)")
            }
        }
        do throws(ProtocolError) {
            let envelope = try EnvelopeCodec.decode(frame)
            guard let body = envelope.body else { throw .missingBody }
            guard envelope.runID.isEmpty || Array(envelope.runID) == runID else {
                return board.refuse("this is another run", peer)
            }
            if case .programAccounts(let accounts) = body {
                return ledger.take(ProgramAccounts(accounts), from: Array(envelope.incarnation), now: now)
            }
            if case .shardResult(let result) = body { note(result, from: peer) }
            board.receive(body, from: peer, now: now)
        } catch {
            board.refuse(error.description, peer)
        }
    }

    private func perform() async {
        while true {
            let effects = board.takeEffects()
            if effects.isEmpty { break }
            for effect in effects {
                switch effect {
                case .send(let body, let peer): await send(body, to: peer)
                case .store(let result): pending.append(result)
                case .complete(let batch): waiters.removeValue(forKey: batch)?.resume()
                }
            }
        }
        commit()
    }

    /// Writes what has come while the last commit went on, in one transaction.
    private func commit() {
        guard !isCommitting, !pending.isEmpty else { return }
        isCommitting = true
        let results = pending
        pending = []
        Task {
            do {
                try await store.append(results)
                for result in results { board.stored(ShardID(of: result)) }
            } catch {
                // Not acknowledged, so that workers keep it: nothing is lost when the run is continued.
                fail(error)
            }
            isCommitting = false
            await perform()
        }
    }

    private func send(_ body: WireEnvelope.OneOf_Body, to peer: PeerID) async {
        do {
            let frame = try EnvelopeCodec.encode(body, runID: runID, incarnation: incarnation)
            bytesOut += frame.count
            try await channel.send(frame, to: peer)
        } catch {
            board.unreachable(peer, now: now)
        }
    }
}

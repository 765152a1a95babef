import Dispatching
import Foundation
import Protocol
import Testing
import Transport

/// The learner's side of the control plane with a clock turned by hand.
private struct Board {
    var board: ShardBoard
    var sent: [(body: WireEnvelope.OneOf_Body, peer: PeerID)] = []
    var toStore: [WireShardResult] = []
    var complete: [BatchID] = []

    init(firstLease: UInt64 = 100) {
        board = ShardBoard(welcome: WireWelcome(), leaseSeconds: 10, silenceSeconds: 3, firstLease: firstLease)
    }

    static func peer(_ number: UInt8) -> PeerID { PeerID(bytes: [number]) }

    mutating func collect() {
        for effect in board.takeEffects() {
            switch effect {
            case .send(let body, let peer): sent.append((body, peer))
            case .store(let result): toStore.append(result)
            case .complete(let batch): complete.append(batch)
            }
        }
    }

    mutating func receive(_ body: WireEnvelope.OneOf_Body, from peer: UInt8, now: Double = 0) {
        board.receive(body, from: Self.peer(peer), now: now)
        collect()
    }

    mutating func worker(_ number: UInt8, slots: UInt32 = 8, now: Double = 0) {
        var hello = WireHello()
        hello.role = .rolloutWorker
        hello.name = "worker \(number)"
        hello.slots = slots
        receive(.hello(hello), from: number, now: now)
    }

    mutating func leases() -> [WireRolloutLease] {
        defer { sent = [] }
        return sent.compactMap { if case .rolloutLease(let lease) = $0.body { lease } else { nil } }
    }

    mutating func acks() -> [Bool] {
        defer { sent = [] }
        return sent.compactMap { if case .shardAck(let ack) = $0.body { ack.duplicate } else { nil } }
    }

    static func batch(shards: Int) -> [WireRolloutLease] {
        (0..<shards).map { shard in
            var lease = WireRolloutLease()
            lease.purpose = .training
            lease.step = 3
            lease.shard = UInt32(shard)
            lease.weightsDigest = Data([1])
            lease.slots = [WireRolloutLease.Slot()]
            return lease
        }
    }

    static func result(_ lease: WireRolloutLease) -> WireShardResult {
        var result = WireShardResult()
        result.leaseID = lease.leaseID
        result.purpose = lease.purpose
        result.step = lease.step
        result.shard = lease.shard
        result.weightsDigest = lease.weightsDigest
        result.trajectories = [WireTrajectory()]
        return result
    }
}

struct ShardBoardTests {
    private let id = BatchID(purpose: .training, label: "", step: 3)

    @Test func aResultIsAcknowledgedWhenItIsInTheLedgerAndNotBefore() throws {
        var bench = Board()
        bench.board.submit(Board.batch(shards: 1), now: 0)
        bench.worker(1)
        let lease = try #require(bench.leases().first)
        bench.receive(.shardResult(Board.result(lease)), from: 1)
        #expect(bench.toStore.count == 1)
        #expect(bench.acks().isEmpty && bench.complete.isEmpty)
        // A copy that comes meanwhile waits, too, and is not stored again.
        bench.receive(.shardResult(Board.result(lease)), from: 2)
        bench.worker(2)
        bench.receive(.shardResult(Board.result(lease)), from: 2)
        #expect(bench.toStore.count == 1 && bench.board.accounts.accepted == 0)
        bench.sent = []
        bench.board.stored(ShardID(batch: id, shard: 0))
        bench.collect()
        #expect(bench.acks() == [false, false])
        #expect(bench.complete == [id])
        #expect(bench.board.take(id)?.count == 1)
        // And one that comes later is a copy.
        bench.receive(.shardResult(Board.result(lease)), from: 1)
        #expect(bench.acks() == [true])
        #expect(bench.board.imbalance == nil)
    }

    @Test func whatTheLedgerHoldsIsNotComputedAgain() {
        var bench = Board()
        let batch = Board.batch(shards: 3)
        var other = Board.result(batch[2])
        other.weightsDigest = Data([9])
        bench.board.submit(batch, stored: [Board.result(batch[1]), Board.result(batch[1]), other], now: 0)
        bench.worker(1)
        #expect(bench.leases().map(\.shard) == [0, 2])
        let accounts = bench.board.accounts
        #expect(accounts.issued == 3 && accounts.accepted == 1 && accounts.outstanding == 2)
        #expect(bench.board.imbalance == nil)
    }

    /// Found by the simulation: leases of a learner that is no more must not be taken for those of this one.
    @Test func aResultUnderALeaseOfAnEarlierLearnerFinishesItsOwnShard() throws {
        var bench = Board(firstLease: 1)
        bench.board.submit(Board.batch(shards: 2), now: 0)
        bench.worker(1)
        let leases = bench.leases()
        #expect(leases.map(\.leaseID) == [1, 2])
        // Shard 1, computed under what was lease 1 then and is the name of shard 0's lease now.
        var result = Board.result(leases[1])
        result.leaseID = 1
        bench.receive(.shardResult(result), from: 1)
        bench.board.stored(ShardID(batch: id, shard: 1))
        #expect(bench.board.imbalance == nil)
        bench.receive(.shardResult(Board.result(leases[0])), from: 1)
        bench.board.stored(ShardID(batch: id, shard: 0))
        bench.collect()
        #expect(bench.complete == [id])
    }

    @Test func aSilentWorkerLosesItsShardsToAnother() throws {
        var bench = Board()
        bench.board.submit(Board.batch(shards: 2), now: 0)
        bench.worker(1)
        #expect(bench.leases().count == 2)
        bench.worker(2, now: 2)
        bench.board.tick(now: 2.9)
        bench.collect()
        #expect(bench.leases().isEmpty)
        bench.board.tick(now: 3.1)
        bench.collect()
        #expect(bench.leases().count == 2)
        #expect(bench.board.workerCount == 1)
    }

    @Test func whoWaitsForWhomIsSaid() {
        var bench = Board()
        bench.board.submit(Board.batch(shards: 2), now: 0)
        #expect(bench.board.delays(longerThan: 5, now: 10) == ["2 shards of step 3 wait for one of 0 workers"])
        bench.worker(1, slots: 1, now: 10)
        #expect(
            bench.board.delays(longerThan: 5, now: 20) == [
                "shard 0 of step 3 has been with worker 1 for 10 s", "1 shards of step 3 wait for one of 1 workers",
            ]
        )
    }

    @Test func whatIsNotWantedAnyMoreIsAccountedFor() {
        var bench = Board()
        bench.board.submit(Board.batch(shards: 4), now: 0)
        bench.worker(1, slots: 1)
        bench.board.withdrawAll()
        let accounts = bench.board.accounts
        #expect(accounts.summary == "issued 4 = accepted 0 + expired 4 + quarantined 0 + outstanding 0")
        #expect(bench.board.imbalance == nil)
    }
}

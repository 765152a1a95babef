internal import Dashboard
internal import Dispatching
internal import Foundation
internal import Protocol
internal import Transport

/// When a shard was sampled and judged, on the learner's clock.
///
/// The worker measured the durations; they are placed before the arrival of the result, so they are late by the time that
/// one message takes.
struct ShardTimes: Sendable, Equatable {
    var worker: String
    var purpose: WirePurpose
    /// Of the batch: refills and greedy baselines have their own.
    var label: String
    var step: Int
    var shard: Int
    /// Seconds since 1970.
    var arrived: Double
    var generationSeconds: Double
    var executionSeconds: Double

    var generation: (start: Double, end: Double) {
        (arrived - executionSeconds - generationSeconds, arrived - executionSeconds)
    }
}

extension RolloutService {
    func note(_ result: WireShardResult, from peer: PeerID) {
        finished.append(
            ShardTimes(
                worker: board.name(of: peer) ?? "",
                purpose: result.purpose,
                label: result.label,
                step: Int(result.step),
                shard: Int(result.shard),
                arrived: Date().timeIntervalSince1970,
                generationSeconds: result.generationSeconds,
                executionSeconds: result.executionSeconds
            )
        )
    }

    /// The shards that came since the last call; of one that came twice the first copy.
    func takeFinished() -> [ShardTimes] {
        defer { finished = [] }
        var known: Set<ShardID> = []
        return finished.filter { shard in
            let batch = BatchID(purpose: shard.purpose, label: shard.label, step: shard.step)
            return known.insert(ShardID(batch: batch, shard: shard.shard)).inserted
        }
    }

    /// The workers, by name.
    var workers: [ClusterReport.Worker] {
        board.workerStates(now: now).map {
            ClusterReport.Worker(
                name: $0.name,
                slots: $0.slots,
                leases: $0.leases,
                version: $0.version,
                silence: $0.silence,
                shards: $0.shards
            )
        }
    }

    /// Counts since the service began.
    var counts: (reassigned: Int, refused: Int, bytesIn: Int, bytesOut: Int) {
        (board.reassigned, board.refusals, bytesIn, bytesOut)
    }
}

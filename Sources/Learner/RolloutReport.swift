internal import Dashboard
package import Dispatching
internal import Foundation
package import Protocol
package import Telemetry
internal import Transport

/// When a shard was sampled and judged, on the learner's clock.
package struct ShardTimes: Sendable, Equatable {
    package var worker: String
    package var purpose: WirePurpose
    /// Of the batch: refills and greedy baselines have their own.
    package var label: String
    package var step: Int
    package var shard: Int
    package var generation: TimeSpan
    package var execution: TimeSpan

    /// The times that `result` tells on the worker's clock, moved by what that is ahead of the learner's.
    ///
    /// Where they are not told, or the clock is not known yet, the durations are placed before the arrival, late by the time
    /// that one message takes. Nothing ends after it has arrived: what an error of the clock would put there is moved back.
    ///
    /// - Parameters:
    ///   - result: of the worker.
    ///   - worker: its name.
    ///   - arrived: when the result came, learner's clock, seconds since 1970.
    ///   - clock: how far the worker's clock is ahead.
    package init(_ result: WireShardResult, worker: String, arrived: Double, clock: ClockOffset?) {
        self.worker = worker
        purpose = result.purpose
        label = result.label
        step = Int(result.step)
        shard = Int(result.shard)
        let told = result.generationStarted > 0 && result.executionEnded > 0 ? clock : nil
        let ended = told.map { min(arrived, result.executionEnded - $0.seconds) } ?? arrived
        execution = TimeSpan(start: ended - result.executionSeconds, end: ended)
        // Both moved alike: what lies between them on the worker's clock lies between them here.
        let between =
            told == nil
            ? 0
            : max(
                0,
                result.executionEnded - result.executionSeconds - result.generationStarted - result.generationSeconds
            )
        let sampled = execution.start - between
        generation = TimeSpan(start: sampled - result.generationSeconds, end: sampled)
    }
}

extension ClusterReport.Clock {
    init(_ offset: ClockOffset) { self.init(offset: offset.seconds, error: offset.error) }
}

extension RolloutService {
    func note(_ result: WireShardResult, from peer: PeerID) {
        finished.append(
            ShardTimes(
                result,
                worker: board.name(of: peer) ?? "",
                arrived: ProcessClock.now,
                clock: board.clock(of: peer)
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
                shards: $0.shards,
                clock: $0.clock.map(ClusterReport.Clock.init)
            )
        }
    }

    /// Counts since the service began.
    var counts: (reassigned: Int, refused: Int, bytesIn: Int, bytesOut: Int) {
        (board.reassigned, board.refusals, bytesIn, bytesOut)
    }
}

internal import Dispatching
internal import Protocol

extension LearnerService {
    /// The services of a run.
    struct Cluster {
        let rollouts: RolloutService
        let weights: WeightServer
        let dispatcher: ExecutionDispatcher
        let shards: ShardLedger

        /// Asks for shards; results that the ledger holds from before a restart are not computed again.
        func submit(_ leases: [WireRolloutLease]) async throws {
            await rollouts.submit(leases, stored: try await shards.expect(leases))
        }
    }
}

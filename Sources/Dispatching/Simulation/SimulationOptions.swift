/// What a simulated cluster goes through.
package struct SimulationOptions: Sendable {
    /// Mistakes that can be put in on purpose, to see that the simulation finds them.
    package enum PlantedBug: String, Sendable, CaseIterable {
        /// The learner acknowledges results before they are in its ledger.
        case acknowledgesBeforeStoring = "acknowledges-before-storing"
        /// Clients ask once.
        case neverAsksAgain = "never-asks-again"
        /// Verdicts reach another job of the same client.
        case mixesUpVerdicts = "mixes-up-verdicts"
        /// Executors send a result once.
        case reportsOnce = "reports-once"
        /// Clients of several dispatchers stay with one that is silent.
        case neverMoves = "never-moves"
    }

    package var seed: UInt64 = 0
    package var workers = 2
    package var executors = 3
    /// Every executor has one of them.
    package var dispatchers = 1
    package var slots = 2
    /// Iterations to complete.
    package var steps = 2
    package var shardsPerStep = 3
    package var programsPerShard = 3
    /// How long there is trouble, seconds of simulated time.
    package var troubleSeconds = 20.0
    /// How long the work may take once there is none, seconds of simulated time.
    package var healingSeconds = 120.0
    package var plantedBug: PlantedBug?

    /// The cluster of a seed: every other one has several dispatchers.
    package init(seed: UInt64) {
        self.seed = seed
        dispatchers = [1, 2, 1, 3][Int(seed % 4)]
    }
}

/// What a simulation found.
package struct SimulationReport: Sendable, Equatable {
    /// The first thing that must not happen and did; nil when nothing did.
    package var complaint: String?
    package var events = 0
    /// Simulated seconds until all work was done.
    package var seconds = 0.0
    package var dropped = 0
    package var duplicated = 0
    package var crashes = 0
    package var pauses = 0
    package var partitions = 0
    /// Jobs that were judged more than once somewhere, which is allowed, and shards computed more than once.
    package var requeued = 0
    package var duplicates = 0
    /// Jobs given up: those that kill executors, or had bad luck three times.
    package var quarantined = 0
    package var hedged = 0
    /// Times a job went to another dispatcher, and verdicts that came too late to count.
    package var moved = 0
    package var late = 0

    package init() {}

    package static func + (a: Self, b: Self) -> Self {
        var sum = a
        sum.complaint = a.complaint ?? b.complaint
        sum.events += b.events
        sum.seconds += b.seconds
        sum.dropped += b.dropped
        sum.duplicated += b.duplicated
        sum.crashes += b.crashes
        sum.pauses += b.pauses
        sum.partitions += b.partitions
        sum.requeued += b.requeued
        sum.duplicates += b.duplicates
        sum.quarantined += b.quarantined
        sum.hedged += b.hedged
        sum.moved += b.moved
        sum.late += b.late
        return sum
    }
}

/// Runs the simulations of `seeds` until one finds something.
///
/// - Returns: the sum of the reports, and the seed that found something.
package func simulate(
    seeds: Range<UInt64>,
    plantedBug: SimulationOptions.PlantedBug? = nil
) -> (report: SimulationReport, failed: UInt64?) {
    var total = SimulationReport()
    for seed in seeds {
        var options = SimulationOptions(seed: seed)
        options.plantedBug = plantedBug
        var simulation = ClusterSimulation(options: options)
        total = total + simulation.run()
        if total.complaint != nil { return (total, seed) }
    }
    return (total, nil)
}

internal import Dispatching
internal import PPO
internal import Programs
internal import Protocol
internal import Rewards

/// The completions of one iteration.
struct TrainingBatch {
    /// In slot order.
    var trajectories: [Trajectory] = []
    /// Which refill each replaced prompt was last taken from, by prompt.
    var refills: [Int: Int] = [:]
    var metrics: [String: Double] = [:]
    /// What the workers sent, refills and greedy completions included.
    var results: [(lease: WireRolloutLease, result: WireShardResult)] = []

    /// The problem of a prompt.
    func problem(_ prompt: Int, step: Int, _ source: ProblemSource) -> Problem {
        refills[prompt].map { source.refill(step: step, round: $0, prompt: prompt) }
            ?? source.problem(step: step, prompt: prompt)
    }
}

/// Leasing and gathering the completions of an iteration.
extension LearnerService {
    private var needsGreedy: Bool { configuration.ppo.advantageEstimator == .greedy }

    /// Puts the shards of iteration `step` in the queue.
    func submit(step: Int, to cluster: Cluster, _ builder: LeaseBuilder) async throws {
        let weights = try manifest(forSampling: step)
        try await cluster.submit(builder.training(step: step, weights: weights))
        if needsGreedy { try await cluster.submit(builder.greedy(step: step, weights: weights)) }
    }

    /// Waits for the completions of iteration `step`, refills what nothing can be learnt from, and checks their age.
    ///
    /// Which prompts are refilled depends on the verdicts alone, and what takes their place on the seed alone: the batch is
    /// the same however many workers there are.
    func trainingBatch(
        of step: Int,
        _ cluster: Cluster,
        _ builder: LeaseBuilder
    ) async throws -> TrainingBatch {
        var batch = TrainingBatch()
        let first = try await gather(step, label: "", cluster, into: &batch)
        batch.trajectories = first
        var refilled = 0
        for round in 1..<configuration.rollout.refillRounds + 1 {
            let flat = flatPrompts(batch.trajectories)
            guard !flat.isEmpty else { break }
            refilled += flat.count
            let weights = try manifest(forSampling: step)
            try await cluster.submit(builder.refill(step: step, round: round, prompts: flat, weights: weights))
            let fresh = try await gather(step, label: LeaseBuilder.refillLabel(round), cluster, into: &batch)
            for trajectory in fresh { batch.trajectories[trajectory.slot] = trajectory }
            for prompt in flat { batch.refills[prompt] = round }
        }
        if configuration.rollout.refillRounds > 0 { batch.metrics["rollout/refilled_prompts"] = Double(refilled) }
        if needsGreedy {
            let greedy = try await gather(step, label: LeaseBuilder.greedyLabel, cluster, into: &batch)
            for i in batch.trajectories.indices {
                let baseline = greedy[batch.trajectories[i].slot / configuration.rollout.samplesPerPrompt]
                // Without a verdict on the baseline there is nothing to compare with.
                if baseline.masked { batch.trajectories[i].masked = true }
                batch.trajectories[i].greedyScore = baseline.score
            }
        }
        batch.metrics.merge(try stalenessMetrics(batch.trajectories, step: step)) { $1 }
        return batch
    }

    private func gather(
        _ step: Int,
        label: String,
        _ cluster: Cluster,
        into batch: inout TrainingBatch
    ) async throws -> [Trajectory] {
        let id = BatchID(purpose: .training, label: label, step: step)
        watchdog?.waiting(for: "the shards \(label) of iteration \(step)")
        let tokenizer = configuration.reward.maskUnexecuted ? model.tokenizer : nil
        let results = try await cluster.rollouts.collect(id)
        batch.results += results
        return try trajectories(of: results, tokenizer: tokenizer)
    }

    /// Prompts whose judged completions all earned the same.
    private func flatPrompts(_ trajectories: [Trajectory]) -> [Int] {
        let size = configuration.rollout.samplesPerPrompt
        let groups = (0..<trajectories.count / size).map { Array($0 * size..<($0 + 1) * size) }
        return groupsWithoutVariance(
            totals: trajectories.map(\.scored.earned),
            groups: groups,
            included: trajectories.map { !$0.masked }
        )
    }

    /// How old the weights were; a completion that is older than allowed stops the run.
    private func stalenessMetrics(_ trajectories: [Trajectory], step: Int) throws(LearnerError) -> [String: Double] {
        let allowed = configuration.run.staleness
        for row in trajectories where step - row.version > allowed {
            throw .stale(step: step, slot: row.slot, version: row.version, allowed: allowed)
        }
        guard let ages = Summary(trajectories.map { Double(step - $0.version) }) else { return [:] }
        return ages.metrics("training/off_policy/trajectory_staleness")
    }
}

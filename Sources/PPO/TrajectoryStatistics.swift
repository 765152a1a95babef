/// Mean, largest and smallest of some numbers.
package struct Summary: Sendable, Equatable {
    package let count: Int
    package let mean: Double
    package let maximum: Double
    package let minimum: Double

    /// The summary of `numbers`, nil when there are none.
    package init?(_ numbers: some Sequence<Double>) {
        var count = 0
        var sum = 0.0
        var maximum = -Double.infinity
        var minimum = Double.infinity
        for x in numbers {
            count += 1
            sum += x
            maximum = max(maximum, x)
            minimum = min(minimum, x)
        }
        guard count > 0 else { return nil }
        self.count = count
        self.mean = sum / Double(count)
        self.maximum = maximum
        self.minimum = minimum
    }

    /// The summary of all tokens of the included trajectories, nil when there are none.
    package init?(_ ragged: [[Float]], included: [Bool]) {
        precondition(ragged.count == included.count, "one flag per trajectory")
        self.init(zip(ragged, included).lazy.filter(\.1).flatMap { $0.0.lazy.map(Double.init) })
    }

    /// The three figures as `name/mean`, `name/max` and `name/min`.
    package func metrics(_ name: String) -> [String: Double] {
        ["\(name)/mean": mean, "\(name)/max": maximum, "\(name)/min": minimum]
    }
}

/// The figures of one batch under verl's metric names.
///
/// `critic/score/*` is the score of a trajectory, `critic/rewards/*` the sum of its token rewards (KL penalty
/// included), `critic/{values,advantages,returns}/*` are over tokens, `response_length/clip_ratio` is the share of
/// completions that the token limit cut off, `response/aborted_ratio` the share of trajectories that do not count.
/// `actor/reward_kl_penalty` is in nats per token, `actor/reward_kl_per_trajectory` in nats per trajectory, which is
/// what the KL controller sees. A figure that does not exist (a mean over nothing) is absent, never 0 or NaN.
///
/// - Parameters:
///   - trajectories: the batch.
///   - batch: what was computed from it.
///   - klCoefficient: β of this batch.
///   - usesCritic: whether values mean anything.
/// - Returns: figures by metric name.
package func trajectoryStatistics(
    _ trajectories: [ScoredTrajectory],
    batch: AdvantageBatch,
    klCoefficient: Float,
    usesCritic: Bool = true
) -> [String: Double] {
    var metrics: [String: Double] = ["actor/reward_kl_penalty_coeff": Double(klCoefficient)]
    func add(_ name: String, _ summary: Summary?) {
        guard let summary else { return }
        metrics.merge(summary.metrics(name)) { $1 }
    }
    let counted = trajectories.filter(\.isIncluded)
    add("critic/score", Summary(counted.map { Double($0.score) }))
    add(
        "critic/rewards",
        Summary(zip(batch.rewards, batch.included).filter(\.1).map { row, _ in row.reduce(0.0) { $0 + Double($1) } })
    )
    add("critic/values", Summary(trajectories.map(\.values), included: batch.included))
    add("critic/advantages", Summary(batch.advantages, included: batch.included))
    add("critic/returns", Summary(batch.returns, included: batch.included))
    add("response_length", Summary(counted.map { Double($0.values.count) }))
    if usesCritic {
        metrics["critic/vf_explained_var"] = explainedVariance(
            values: trajectories.map(\.values),
            returns: batch.returns,
            included: batch.included
        )
    }
    if !trajectories.isEmpty {
        metrics["rollout/flat_groups"] = Double(batch.flatGroups)
        metrics["rollout/left_out"] = Double(zip(trajectories, batch.included).count { $0.isIncluded && !$1 })
        metrics["response/aborted_ratio"] = Double(trajectories.count - counted.count) / Double(trajectories.count)
    }
    if !counted.isEmpty {
        let tokens = counted.reduce(0) { $0 + $1.values.count }
        metrics["response_length/clip_ratio"] = Double(counted.count { $0.isTruncated }) / Double(counted.count)
        metrics["actor/reward_kl_per_trajectory"] = batch.meanKL
        metrics["actor/reward_kl_penalty"] = batch.meanKL.map { $0 * Double(counted.count) / Double(tokens) }
    }
    return metrics
}

extension PolicyStatistics {
    /// The figures under verl's metric names, and our own for the ratio.
    package var metrics: [String: Double] {
        guard tokens > 0 else { return [:] }
        return [
            "actor/pg_loss": loss,
            "actor/pg_clipfrac": clipFraction,
            "actor/ppo_kl": approximateKL,
            "actor/ratio/mean": meanRatio,
            "actor/ratio/max": Double(maximumRatio),
        ]
    }
}

extension ValueStatistics {
    /// The figures under verl's metric names.
    package var metrics: [String: Double] {
        guard tokens > 0 else { return [:] }
        return ["critic/vf_loss": loss, "critic/vf_clipfrac": clipFraction]
    }
}

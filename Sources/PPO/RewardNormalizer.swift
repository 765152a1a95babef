/// How scores are brought to one scale before anything is made of them.
package enum RewardNormalization: String, Sendable, Codable, CaseIterable {
    /// Not at all.
    case none
    /// (s − mean)/√(variance + 10⁻⁸) over the batch.
    case batch
    /// s/√(variance + 10⁻⁸) over all scores of the run so far: the sign stays.
    case running
}

/// Count, mean and spread of all scores so far: the whole state of running normalisation.
///
/// Source: Welford 1962; Chan et al. 1979 for merging a batch.
package struct RewardMoments: Sendable, Equatable, Codable {
    package private(set) var count = 0.0
    package private(set) var mean = 0.0
    /// Σ (s − mean)².
    package private(set) var squaredDeviations = 0.0

    package init() {}

    /// Takes in the scores of a batch.
    package mutating func add(_ scores: [Float]) {
        guard !scores.isEmpty else { return }
        let n = Double(scores.count)
        let batchMean = scores.reduce(0.0) { $0 + Double($1) } / n
        let batchSquares = scores.reduce(0.0) { $0 + (Double($1) - batchMean) * (Double($1) - batchMean) }
        let delta = batchMean - mean
        let total = count + n
        squaredDeviations += batchSquares + delta * delta * count * n / total
        mean += delta * n / total
        count = total
    }

    /// Σ (s − mean)²/(n − 1), and 1 for fewer than two scores.
    package var variance: Double { count < 2 ? 1 : squaredDeviations / (count - 1) }
}

/// Scores on one scale; those of trajectories that are not included are returned unread.
///
/// - Parameters:
///   - scores: of all trajectories.
///   - included: whether each counts.
///   - rule: how.
///   - moments: of the run so far; `running` adds this batch before it divides.
/// - Returns: one score per trajectory.
package func normalizedScores(
    _ scores: [Float],
    included: [Bool],
    rule: RewardNormalization,
    moments: inout RewardMoments
) -> [Float] {
    precondition(scores.count == included.count, "one flag per score")
    guard rule != .none else { return scores }
    let counted = zip(scores, included).filter(\.1).map(\.0)
    var batch = RewardMoments()
    batch.add(counted)
    if rule == .running { moments.add(counted) }
    let variance = rule == .running ? moments.variance : batch.variance
    let shift = rule == .running ? 0 : batch.mean
    let scale = 1 / (variance + 1e-8).squareRoot()
    return zip(scores, included).map { score, isIncluded in
        isIncluded ? Float((Double(score) - shift) * scale) : score
    }
}

/// `ragged` with mean 0 and variance 1 over all tokens of all included trajectories together.
///
/// x ← (x − mean)/√(variance + 10⁻⁸), variance with n − 1 in its denominator. The statistics are those of the batch and
/// not of one trajectory: within one, subtracting the mean removes the level of the reward, and most tokens of a long
/// completion would get an advantage of the wrong sign.
///
/// A trajectory that is not included is not read, so its slots may hold anything, and comes back as zeros.
///
/// - Parameters:
///   - ragged: one array of any length per trajectory.
///   - included: whether each trajectory counts.
/// - Returns: the shape of `ragged`.
package func whitened(_ ragged: [[Float]], included: [Bool]) -> [[Float]] {
    precondition(ragged.count == included.count, "one flag per trajectory")
    let moments = Moments(ragged, included: included)
    let scale = 1 / (moments.sampleVariance + 1e-8).squareRoot()
    return zip(ragged, included).map { row, isIncluded in
        guard isIncluded else { return [Float](repeating: 0, count: row.count) }
        return row.map { Float((Double($0) - moments.mean) * scale) }
    }
}

/// Count, mean and spread of ragged numbers, in double precision and in a fixed order.
struct Moments {
    let count: Int
    let mean: Double
    /// Σ (x − mean)².
    let squaredDeviations: Double

    init(_ ragged: [[Float]], included: [Bool]) {
        var count = 0
        var sum = 0.0
        for (row, isIncluded) in zip(ragged, included) where isIncluded {
            for x in row { sum += Double(x) }
            count += row.count
        }
        let mean = count == 0 ? 0 : sum / Double(count)
        var squares = 0.0
        for (row, isIncluded) in zip(ragged, included) where isIncluded {
            for x in row { squares += (Double(x) - mean) * (Double(x) - mean) }
        }
        self.count = count
        self.mean = mean
        squaredDeviations = squares
    }

    /// Σ (x − mean)²/(n − 1), and 0 for fewer than two numbers.
    var sampleVariance: Double { count < 2 ? 0 : squaredDeviations / Double(count - 1) }
}

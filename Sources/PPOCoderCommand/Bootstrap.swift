import Determinism

/// Confidence intervals by resampling problems with replacement.
///
/// Percentile bootstrap: 1,000 resamples, of which the interval takes the middle 95 %. Problems and not completions are drawn,
/// since completions of one problem are not independent. The draws come from the counter-based generator: the same seed and
/// number of problems give the same interval. Source: Efron and Tibshirani 1993, "An introduction to the bootstrap", chapter 13.
package struct Bootstrap: Sendable {
    package static let resamples = 1000
    private let draws: [[Int32]]

    /// - Parameters:
    ///   - count: problems.
    ///   - seed: of the draws.
    package init(count: Int, seed: UInt64) {
        guard count > 0 else {
            draws = []
            return
        }
        draws = (0..<Self.resamples).map { resample in
            var generator = RandomKey(seed: seed, path: Self.purpose, UInt64(resample)).generator()
            return (0..<count).map { _ in Int32(generator.integer(below: count)) }
        }
    }

    private static let purpose: UInt64 = 0x626F_6F74

    /// The interval of a figure; nil when it has no value in any resample.
    ///
    /// `statistic` is the figure of the problems with these numbers, nil where there is nothing to divide by.
    package func interval(_ statistic: ([Int32]) -> Double?) -> ClosedRange<Double>? {
        let values = draws.compactMap(statistic).sorted()
        guard let first = values.first, let last = values.last else { return nil }
        guard values.count > 1 else { return first...last }
        func quantile(_ share: Double) -> Double {
            let place = share * Double(values.count - 1)
            let below = Int(place)
            let above = min(below + 1, values.count - 1)
            return values[below] + (place - Double(below)) * (values[above] - values[below])
        }
        return quantile(0.025)...quantile(0.975)
    }
}

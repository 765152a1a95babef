import Foundation

/// How the relative position bias of a model from scratch begins.
package enum PositionBiasStart: String, Sendable, CaseIterable {
    /// As T5's did: drawn around 0, so that a head learns where to look at a learning rate's pace.
    case random
    /// Around biases that fall with the distance, of another slope for every head, so that heads begin with neighbours.
    ///
    /// A small model learns to go on from the end of a text with a fraction of the gradient steps. The biases are
    /// weights as before: the model directory is that of any T5. After Press et al. 2022, "Train short, test long",
    /// <https://arxiv.org/abs/2108.12409>, section 3, where they are fixed; the directions of the encoder are ours.
    case near

    /// What head `head` adds to the score of a key in `bucket`, before the random part.
    ///
    /// Heads take turns by fours, each round half as steep. Encoder: keys up to the query, keys from the query on, both
    /// with a small slope, anywhere. Decoder: three slopes, anywhere.
    ///
    /// - Parameters:
    ///   - bucket: 0 ..< `buckets`, of ``relativePositionBucket(distance:bidirectional:buckets:maxDistance:)``.
    ///   - head: 0 ..< the number of heads.
    ///   - isEncoder: whether keys after the query have buckets of their own.
    ///   - buckets: number of buckets.
    ///   - maxDistance: distance from which on all share the last bucket.
    /// - Returns: 0 or less, a difference of logits.
    package func mean(bucket: Int, head: Int, isEncoder: Bool, buckets: Int, maxDistance: Int) -> Double {
        guard self == .near, head % 4 != 3 else { return 0 }
        let steepness = pow(0.5, Double(head / 4))
        let perDirection = isEncoder ? buckets / 2 : buckets
        let distance = Self.middle(of: bucket % perDirection, of: perDirection, maxDistance: maxDistance)
        guard isEncoder else { return -steepness * [1, 0.25, 0.0625][head % 4] * distance }
        let isAfter = bucket >= perDirection
        switch head % 4 {
        case 0 where isAfter, 1 where !isAfter && distance > 0: return -steepness * (Self.turnedAway + 0.1 * distance)
        case 2: return -steepness * 0.15 * distance
        default: return -steepness * distance
        }
    }

    /// The penalty of the direction that a head does not look in: e⁻⁶ of the attention.
    private static let turnedAway = 6.0

    /// The distance that the bucket stands for: the geometric middle where it holds several.
    private static func middle(of bucket: Int, of count: Int, maxDistance: Int) -> Double {
        let exact = count / 2
        guard bucket >= exact else { return Double(bucket) }
        let share = (Double(bucket - exact) + 0.5) / Double(count - exact)
        return Double(exact) * pow(Double(maxDistance) / Double(exact), share)
    }
}

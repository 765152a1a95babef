import Foundation
import Tensors

/// The bucket of a relative position, of `buckets` in all.
///
/// Half of the buckets of each direction hold one distance each, the others grow logarithmically up to `maxDistance`.
/// Source: Raffel et al. 2020, <https://arxiv.org/abs/1910.10683>, section 2.1; arithmetic in float32 as published
/// implementations do it, so that distances on the edge of two buckets agree.
///
/// - Parameters:
///   - distance: Key position minus query position.
///   - bidirectional: Whether keys after the query have buckets of their own (encoder); else they share bucket 0.
///   - buckets: Number of buckets, 32 in every published T5.
///   - maxDistance: Distance from which on all share the last bucket, 128 in every published T5.
/// - Returns: 0 ..< `buckets`.
package func relativePositionBucket(distance: Int, bidirectional: Bool, buckets: Int, maxDistance: Int) -> Int {
    let perDirection = bidirectional ? buckets / 2 : buckets
    let first = bidirectional && distance > 0 ? perDirection : 0
    let magnitude = bidirectional ? abs(distance) : max(0, -distance)
    let exact = perDirection / 2
    if magnitude < exact { return first + magnitude }
    let logarithm = log(Float(magnitude) / Float(exact)) / Float(log(Double(maxDistance) / Double(exact)))
    return first + min(perDirection - 1, exact + Int(logarithm * Float(perDirection - exact)))
}

/// The relative position bias spread out by distance, so that attention adds it to a row of scores as a vector.
///
/// Column `longest − 1 + (key − query)` of row h is head h's bias at that distance.
struct RelativePositionTable {
    let bucketOfColumn: [Int]
    let longest: Int

    init(longest: Int, bidirectional: Bool, configuration: T5Configuration) {
        self.longest = longest
        bucketOfColumn = (0..<max(1, 2 * longest - 1)).map { column in
            relativePositionBucket(
                distance: column - (longest - 1),
                bidirectional: bidirectional,
                buckets: configuration.relativeAttentionBuckets,
                maxDistance: configuration.relativeAttentionMaxDistance
            )
        }
    }

    /// Number of columns: the distances `−(longest − 1)` to `longest − 1`.
    var width: Int { bucketOfColumn.count }

    /// Uninitialised memory for `[heads, width]`, with the slack after it that vector loads need.
    func table(_ heads: Int, _ workspace: TeacherForcedWorkspace) -> Matrix {
        workspace.take(heads, width + 8).columns(0..<width)
    }

    /// Spreads the weights `[buckets, heads]` into `table`, `[heads, width]`.
    func spread(_ weights: Matrix, into table: Matrix) {
        for head in 0..<table.rows {
            for (column, bucket) in bucketOfColumn.enumerated() { table[head, column] = weights[bucket, head] }
        }
    }

    /// Adds the gradient by distance, `[heads, width]`, to that of the weights, `[buckets, heads]`.
    func gather(_ table: Matrix, into weights: Matrix) {
        for head in 0..<table.rows {
            for (column, bucket) in bucketOfColumn.enumerated() { weights[bucket, head] += table[head, column] }
        }
    }
}

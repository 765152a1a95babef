package import Determinism

/// The minibatches of one epoch: every trajectory once, in an order that depends on `key` and `epoch` only.
///
/// When `size` does not divide `count`, the remainder is spread: there are ⌈count/size⌉ minibatches whose sizes differ
/// by at most one (10 by 4 gives 3, 3, 4), because each minibatch is one gradient step of full length and a last one of
/// two trajectories would be mostly noise.
///
/// - Parameters:
///   - count: trajectories in the batch.
///   - size: the most trajectories in one minibatch, at least 1.
///   - epoch: which pass over the batch, from 0.
///   - key: belongs to the batch, for example `(seed, purpose, step)`.
/// - Returns: indices of trajectories, one array per gradient step.
package func minibatches(count: Int, size: Int, epoch: Int, key: RandomKey) -> [[Int]] {
    precondition(count >= 0 && size >= 1 && epoch >= 0, "a count, a size of at least 1 and an epoch from 0")
    var generator = RandomKey(seed: key.high, path: key.low, UInt64(epoch)).generator()
    let order = generator.shuffled(Array(0..<count))
    let steps = (count + size - 1) / size
    return (0..<steps).map { step in Array(order[step * count / steps..<(step + 1) * count / steps]) }
}

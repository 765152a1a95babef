/// Domains of the run's random keys: `(seed, purpose, …)`.
package enum RandomPurpose {
    package static let order: UInt64 = 1
    package static let sampling: UInt64 = 2
    package static let minibatches: UInt64 = 3
    package static let evaluation: UInt64 = 4
    package static let initialization: UInt64 = 5
    package static let supervised: UInt64 = 6
    package static let refill: UInt64 = 7
}

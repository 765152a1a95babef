internal import Foundation

/// What time it is in this process: the wall clock when it was first asked, and what has passed since.
///
/// Nobody can set it, so that spans never overlap by a correction of the time, and what was found out about another
/// process's clock stays true.
package enum ProcessClock {
    private static let start = (wall: Date().timeIntervalSince1970, instant: ContinuousClock.now)

    /// Seconds since 1970.
    package static var now: Double { start.wall + (ContinuousClock.now - start.instant) / .seconds(1) }
}

package import Determinism

/// Which of several dispatchers a job goes to, and which next: by highest random weight.
///
/// Everybody who names the dispatchers alike comes to the same order, whatever order they are named in, so that a job that two
/// clients ask for meets at one of them. When one is added or taken away, only its own share of the jobs, 1/N, moves.
/// Source: Thaler and Ravishankar 1998, "Using name-based mappings to increase hit rates", <https://doi.org/10.1109/90.663936>.
package struct RendezvousOrder: Sendable {
    private let seeds: [UInt64]

    /// - Parameter names: of the dispatchers, all different.
    package init(names: [String]) { seeds = names.map { Digest(of: "ppocoder dispatcher 1 \($0)").leadingBits } }

    /// Indices of all dispatchers, the one that `job` goes to first.
    package func order(of job: Digest) -> [Int] {
        guard seeds.count > 1 else { return Array(seeds.indices) }
        let key = job.leadingBits
        let weights = seeds.map { Self.mixed(key ^ $0) }
        return seeds.indices.sorted { (weights[$0], seeds[$0]) > (weights[$1], seeds[$1]) }
    }

    /// Every bit of the result depends on every bit of `word`.
    ///
    /// The last step of SplitMix64: Steele, Lea and Flood 2014, <https://doi.org/10.1145/2660193.2660195>.
    private static func mixed(_ word: UInt64) -> UInt64 {
        var z = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

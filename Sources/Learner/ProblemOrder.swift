internal import Determinism
internal import Synchronization

/// In which order a finite set of training problems is gone through, pass after pass.
///
/// A pure function of the seed and the number of the pass.
final class ProblemOrder: Sendable {
    /// What `data.order` may be.
    enum Kind: String, CaseIterable, Sendable {
        /// A new permutation for every pass.
        case shuffled
        /// As the files have them.
        case sequential
        /// From short references to long ones, in tenths of the set, each shuffled anew for every pass.
        case length
        /// From easy to hard, each level shuffled anew for every pass.
        case difficulty
    }

    private struct Pass {
        var number: Int
        var order: [Int]
    }

    private let count: Int
    private let seed: UInt64
    private let kind: Kind
    /// The level of each problem; lower ones come first.
    private let levels: [Int]
    /// The pass asked for last: consecutive positions are asked for one after another.
    private let last = Mutex<Pass?>(nil)

    /// An order of `count` problems; `levels` are for ``Kind/length`` and ``Kind/difficulty``.
    init(count: Int, seed: UInt64, kind: Kind, levels: [Int] = []) {
        self.count = count
        self.seed = seed
        self.kind = kind
        self.levels = levels
    }

    /// The problem at `position` of the endless sequence.
    func index(at position: Int) -> Int {
        let number = position / count
        return last.withLock { last in
            if let last, last.number == number { return last.order[position % count] }
            let order = order(pass: number)
            last = Pass(number: number, order: order)
            return order[position % count]
        }
    }

    private func order(pass: Int) -> [Int] {
        guard kind != .sequential else { return Array(0..<count) }
        var generator = RandomKey(seed: seed, path: RandomPurpose.order, UInt64(pass)).generator()
        let shuffled = generator.shuffled(Array(0..<count))
        guard kind != .shuffled else { return shuffled }
        return shuffled.enumerated().sorted { (levels[$0.element], $0.offset) < (levels[$1.element], $1.offset) }
            .map(\.element)
    }

    /// The tenth of the set that each problem belongs to by its length.
    static func levels(lengths: [Int]) -> [Int] {
        var levels = [Int](repeating: 0, count: lengths.count)
        let ranked = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        for (rank, index) in ranked.enumerated() { levels[index] = 10 * rank / lengths.count }
        return levels
    }

    /// The place of a difficulty among those that data sets use; numbers are ratings, and what is unknown comes last.
    static func level(difficulty: String) -> Int {
        let names = [
            ["introductory", "easy", "beginner"], ["interview", "medium", "medium_hard", "intermediate"],
            ["competition", "hard", "challenging", "advanced"], ["harder", "very_hard"], ["hardest"],
        ]
        if let level = names.firstIndex(where: { $0.contains(difficulty.lowercased()) }) { return level }
        return Int(difficulty).map { 10 + $0 } ?? Int.max
    }
}

/// Which host of rollout workers has its weights from which, when no host is to send them to more than a few.
///
/// Hosts are filled row by row: the learner sends to the first `fanout` of them, the first of these to the next `fanout`, and so on,
/// so that a version passes as few hosts as can be.
struct WeightTree: Equatable {
    var fanout: Int

    /// The host from which host `index` has its weights; nil: the learner.
    func parent(of index: Int) -> Int? { index < fanout ? nil : index / fanout - 1 }

    /// Who sends to whom, for people: a row per sender.
    func rows(_ hosts: [String]) -> [String] {
        var receivers: [Int?: [String]] = [:]
        for (index, host) in hosts.enumerated() { receivers[parent(of: index), default: []].append(host) }
        let senders: [(name: String, index: Int?)] = [("the learner", nil)] + hosts.enumerated().map { ($1, $0) }
        return senders.compactMap { sender in
            receivers[sender.index].map { "\(sender.name) → \($0.joined(separator: ", "))" }
        }
    }
}

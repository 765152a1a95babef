import HeapModule

/// The peers of a queue: what each takes, how much credit it has, and who is asked first.
struct PeerIndex<Peer: Hashable & Sendable>: Sendable {
    struct State: Sendable {
        /// Position in the order of arrival.
        let order: Int
        var credits = 0
        /// Credits for what would have to wait there.
        var reserve = 0
        /// Index of what it takes in `groups`.
        var group: Int
        var draining = false
        var leases: Set<UInt64> = []
    }

    /// Peers that take the same kinds.
    private struct Group {
        /// Nil: any kind.
        let kinds: Set<String>?
        /// Peers with credit; an entry whose credit is no longer the peer's is skipped.
        var heap = Heap<Placed<PeerOrder, Peer>>()

        func takes(_ kind: String) -> Bool { kinds?.contains(kind) != false }
    }

    private(set) var states: [Peer: State] = [:]
    private var groups: [Group] = []
    private var groupOf: [Set<String>?: Int] = [:]
    private var arrivals = 0
    /// Credit of all peers.
    private(set) var credits = 0

    subscript(peer: Peer) -> State? { states[peer] }

    /// Whether any peer, busy or not, takes jobs of `kind`.
    func contains(taking kind: String) -> Bool {
        states.values.contains { !$0.draining && groups[$0.group].takes(kind) }
    }

    /// Makes `peer` known as one that takes `kinds`, and `reserve` jobs more than it works on.
    mutating func register(_ peer: Peer, kinds: Set<String>?, reserve: Int) {
        let group = groupOf[kinds] ?? groups.count
        if group == groups.count {
            groups.append(Group(kinds: kinds))
            groupOf[kinds] = group
        }
        if states[peer] == nil {
            arrivals += 1
            states[peer] = State(order: arrivals, group: group)
        }
        states[peer]?.reserve = reserve
        states[peer]?.group = group
        states[peer]?.draining = false
    }

    mutating func remove(_ peer: Peer) {
        guard let state = states.removeValue(forKey: peer) else { return }
        credits -= state.credits
    }

    mutating func drain(_ peer: Peer) {
        guard let state = states[peer] else { return }
        credits -= state.credits
        states[peer]?.credits = 0
        states[peer]?.reserve = 0
        states[peer]?.draining = true
    }

    /// Adds `count`, which may be negative, to the credit of `peer`.
    mutating func add(_ count: Int, to peer: Peer) {
        guard var state = states[peer], !state.draining else { return }
        let before = state.credits
        state.credits = max(0, before + count)
        credits += state.credits - before
        states[peer] = state
        guard state.credits > 0 else { return }
        groups[state.group].heap.insert(Self.placed(peer, state))
        if groups[state.group].heap.count > 4 * states.count + 64 { rebuild(state.group) }
    }

    mutating func attach(_ lease: UInt64, to peer: Peer) { states[peer]?.leases.insert(lease) }

    mutating func detach(_ lease: UInt64, from peer: Peer) { states[peer]?.leases.remove(lease) }

    private static func placed(_ peer: Peer, _ state: State) -> Placed<PeerOrder, Peer> {
        Placed(peer, PeerOrder(free: state.credits - state.reserve, order: state.order))
    }

    private mutating func rebuild(_ group: Int) {
        var heap = Heap<Placed<PeerOrder, Peer>>()
        for (peer, state) in states where state.group == group && state.credits > 0 {
            heap.insert(Self.placed(peer, state))
        }
        groups[group].heap = heap
    }

    /// Who takes `kind` and has most to spare, then came first.
    ///
    /// Peers in `avoided` are a last resort, or none when `strictly`; with `reserves` also those where the job would wait.
    mutating func best(
        for kind: String,
        avoiding avoided: Set<Peer>,
        reserves: Bool,
        strictly: Bool = false
    ) -> Peer? {
        var best: (order: PeerOrder, peer: Peer)?
        var lastResort: (order: PeerOrder, peer: Peer)?
        for group in groups.indices where groups[group].takes(kind) {
            var skipped: [Placed<PeerOrder, Peer>] = []
            while let head = groups[group].heap.min {
                let state = states[head.element]
                guard let state, state.group == group, state.credits > 0,
                    state.credits - state.reserve == head.order.free
                else {
                    groups[group].heap.removeMin()
                    continue
                }
                // Those below it have less to spare.
                if !reserves, head.order.free <= 0 { break }
                guard avoided.contains(head.element) else {
                    if best.map({ head.order < $0.order }) ?? true { best = (head.order, head.element) }
                    break
                }
                if lastResort.map({ head.order < $0.order }) ?? true { lastResort = (head.order, head.element) }
                skipped.append(head)
                groups[group].heap.removeMin()
            }
            for entry in skipped { groups[group].heap.insert(entry) }
        }
        return best?.peer ?? (strictly ? nil : lastResort?.peer)
    }
}

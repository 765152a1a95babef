import HeapModule

/// Jobs that wait, by the run they belong to: each run gets a share of the pool in proportion to its weight.
///
/// Start-time fair queueing: the run that has been served least, in units of its weight, comes first; a run that had
/// nothing to do begins where the others are. Source: Goyal, Vin and Cheng 1996, "Start-time fair queuing", section 3.
struct FairShare<JobID: Hashable & Sendable>: Sendable {
    private struct Flow {
        var ready: [String: Heap<Placed<LeaseOrder, JobID>>] = [:]
        var served: Double
    }

    private var flows: [String: Flow] = [:]
    private var virtualTime = 0.0
    private let weights: [String: Double]

    init(weights: [String: Double]) { self.weights = weights }

    mutating func insert(_ id: JobID, flow: String, kind: String, order: LeaseOrder) {
        flows[flow, default: Flow(served: virtualTime)].ready[kind, default: Heap()].insert(Placed(id, order))
    }

    /// The first job that `peerFor` has a peer for, taken out of its queue.
    ///
    /// - Parameters:
    ///   - isCurrent: whether a place in a queue is still that of the job; jobs that ended or moved leave theirs behind.
    ///   - peerFor: who can take a job of this kind now.
    /// - Returns: the job and who is to do it; nil when nobody can do anything that waits.
    mutating func takeFirst<Peer>(
        isCurrent: (JobID, LeaseOrder) -> Bool,
        peerFor: (JobID, String) -> Peer?
    ) -> (id: JobID, peer: Peer)? {
        let order =
            flows.count == 1
            ? Array(flows.keys)
            : flows.sorted { a, b in
                a.value.served != b.value.served ? a.value.served < b.value.served : a.key < b.key
            }.map(\.key)
        for name in order {
            var best: (order: LeaseOrder, kind: String, id: JobID, peer: Peer)?
            for kind in flows[name].map({ Array($0.ready.keys) }) ?? [] {
                guard let head = head(of: name, kind, isCurrent) else { continue }
                if let best, best.order < head.order { continue }
                guard let peer = peerFor(head.element, kind) else { continue }
                best = (head.order, kind, head.element, peer)
            }
            if flows[name]?.ready.isEmpty == true {
                flows[name] = nil
                continue
            }
            guard let best, let served = flows[name]?.served else { continue }
            virtualTime = max(virtualTime, served)
            flows[name]?.served = served + 1 / max(0.001, weights[name] ?? 1)
            flows[name]?.ready[best.kind]?.removeMin()
            return (best.id, best.peer)
        }
        return nil
    }

    private mutating func head(
        of name: String,
        _ kind: String,
        _ isCurrent: (JobID, LeaseOrder) -> Bool
    ) -> Placed<LeaseOrder, JobID>? {
        while let head = flows[name]?.ready[kind]?.min {
            if isCurrent(head.element, head.order) { return head }
            flows[name]?.ready[kind]?.removeMin()
        }
        flows[name]?.ready[kind] = nil
        return nil
    }
}

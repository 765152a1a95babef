/// Who works on what: a queue of jobs, leases with deadlines, credits, and quarantine.
///
/// Pure: no clock and no input or output; events go in with the time they happen, and what to do comes out.
/// Jobs are first in, first out within a priority and a kind; a job that was lost keeps its place. Every job submitted
/// ends in exactly one of: completed, quarantined, dropped.
package struct LeaseQueue<Job: Sendable, JobID: Hashable & Sendable, Peer: Hashable & Sendable>: Sendable {
    /// A job that a peer is to do.
    package struct Assignment: Sendable {
        package let lease: UInt64
        package let id: JobID
        package let job: Job
        package let peer: Peer
        /// 1 the first time.
        package let attempt: Int
        /// Since the job was submitted, seconds.
        package let waited: Double
    }

    /// What became of the job of a lease that ended without a result.
    package enum Fate: Sendable, Equatable {
        /// It will be assigned again.
        case requeued
        /// It has cost too many peers their lease, and is no longer here.
        case quarantined
        /// The job had ended already.
        case settled
    }

    /// A lease that ended without a result.
    package struct Loss: Sendable {
        package let lease: UInt64
        package let id: JobID
        /// Nil when the job had ended already.
        package let job: Job?
        package let peer: Peer
        package let fate: Fate
    }

    /// The answer to a result.
    package enum Completion: Sendable {
        /// The first result of this job.
        case accepted(id: JobID, job: Job)
        /// Somebody else was first, or this is a copy.
        case duplicate
        /// Never heard of it.
        case unknown
    }

    /// Conserved: submitted = completed + quarantined + dropped + queued + leased.
    package struct Counts: Sendable, Equatable {
        package var submitted = 0
        /// Waiting for a peer.
        package var queued = 0
        /// Held by at least one peer.
        package var leased = 0
        package var completed = 0
        package var quarantined = 0
        package var dropped = 0
        /// Times a job went back to the queue.
        package var requeued = 0
        package var duplicates = 0
    }

    private struct Entry {
        let job: Job
        let kind: String
        let order: LeaseOrder
        let submitted: Double
        var attempts = 0
        /// The lease it is held under; nil while it waits.
        var lease: UInt64?
        var losses = 0
        var lostOn: Set<Peer> = []
        /// Leases that lapsed; a late result under one of them is as good as any.
        var lapsed: [UInt64] = []
    }

    private struct Lease {
        let id: JobID
        let peer: Peer
        var deadline: Double
    }

    private struct PeerState {
        let order: Int
        var credits = 0
        /// Nil: any kind.
        var kinds: Set<String>?
        var draining = false
        var leases: Set<UInt64> = []
    }

    /// How long a lease lasts without a renewal, seconds.
    package let leaseSeconds: Double
    /// A job lost on this many different peers, or twice as often in all, is quarantined.
    package let maximumLosses: Int
    private let returnsCredits: Bool
    private var nextLease: UInt64
    private var nextSequence = 0
    private var nextPeer = 0
    private var entries: [JobID: Entry] = [:]
    private var ready: [String: ReadyQueue<JobID>] = [:]
    private var leases: [UInt64: Lease] = [:]
    private var peers: [Peer: PeerState] = [:]
    /// Jobs of leases that lapsed and may still be reported.
    private var lapsed: [UInt64: JobID] = [:]
    private var settled = RecentSet<UInt64>(capacity: 65_536)
    private var counters = Counts()

    /// - Parameters:
    ///   - leaseSeconds: How long a lease lasts without a renewal.
    ///   - maximumLosses: Different peers a job may be lost on before it is quarantined.
    ///   - returnsCredits: Whether the end of a lease gives its credit back; otherwise peers grant every credit anew.
    ///   - firstLease: Random in a service, so that a restarted one does not give an old name to a new lease.
    package init(
        leaseSeconds: Double = 10,
        maximumLosses: Int = 3,
        returnsCredits: Bool = false,
        firstLease: UInt64 = 1
    ) {
        precondition(leaseSeconds > 0 && maximumLosses > 0, "a lease lasts a while, and may be lost")
        self.leaseSeconds = leaseSeconds
        self.maximumLosses = maximumLosses
        self.returnsCredits = returnsCredits
        nextLease = firstLease
    }

    package var counts: Counts {
        var counts = counters
        counts.leased = entries.values.count { $0.lease != nil }
        counts.queued = entries.count - counts.leased
        return counts
    }

    /// Jobs that wait, by kind; kinds without any are absent.
    package var waiting: [String: Int] {
        entries.values.reduce(into: [:]) { waiting, entry in
            if entry.lease == nil { waiting[entry.kind, default: 0] += 1 }
        }
    }

    /// Jobs of `kind` that wait, first come first.
    package func waitingJobs(of kind: String) -> [JobID] {
        entries.filter { $0.value.kind == kind && $0.value.lease == nil }
            .sorted { $0.value.order < $1.value.order }.map(\.key)
    }

    /// Whether `id` was submitted and has not ended.
    package func contains(_ id: JobID) -> Bool { entries[id] != nil }

    /// The leases `peer` holds, in ascending order.
    package func leases(of peer: Peer) -> [UInt64] { peers[peer]?.leases.sorted() ?? [] }

    /// Adds a job, which goes only to peers that take its kind.
    ///
    /// - Returns: false when the job is here already.
    @discardableResult
    package mutating func submit(
        _ id: JobID,
        _ job: Job,
        kind: String = "",
        priority: Int = 0,
        now: Double
    ) -> Bool {
        guard entries[id] == nil else { return false }
        let order = LeaseOrder(priority: priority, sequence: nextSequence)
        nextSequence += 1
        entries[id] = Entry(job: job, kind: kind, order: order, submitted: now)
        ready[kind, default: ReadyQueue()].insert(id, order)
        counters.submitted += 1
        return true
    }

    /// Lets `peer` have `count` more leases.
    ///
    /// From now on it takes jobs of `kinds`; nil means any.
    package mutating func grantCredits(_ peer: Peer, _ count: Int, kinds: Set<String>? = nil) {
        var state = peers[peer] ?? newPeer()
        state.credits += max(0, count)
        state.kinds = kinds
        state.draining = false
        peers[peer] = state
    }

    private mutating func newPeer() -> PeerState {
        nextPeer += 1
        return PeerState(order: nextPeer)
    }

    /// Gives `peer` nothing more; what it has it may finish.
    package mutating func drain(_ peer: Peer) {
        peers[peer]?.credits = 0
        peers[peer]?.draining = true
    }

    /// Hands waiting jobs to peers with credit: the peer with most of it first.
    package mutating func assign(now: Double) -> [Assignment] {
        var assignments: [Assignment] = []
        while let (id, peer) = nextPair() {
            guard var entry = entries[id] else { preconditionFailure("a waiting job has an entry") }
            let lease = nextLease
            nextLease &+= 1
            entry.lease = lease
            entry.attempts += 1
            entries[id] = entry
            leases[lease] = Lease(id: id, peer: peer, deadline: now + leaseSeconds)
            peers[peer]?.credits -= 1
            peers[peer]?.leases.insert(lease)
            assignments.append(
                Assignment(
                    lease: lease,
                    id: id,
                    job: entry.job,
                    peer: peer,
                    attempt: entry.attempts,
                    waited: now - entry.submitted
                )
            )
        }
        return assignments
    }

    /// The first job somebody can take, taken out of its queue.
    private mutating func nextPair() -> (JobID, Peer)? {
        var best: (order: LeaseOrder, kind: String, id: JobID, peer: Peer)?
        for kind in ready.keys {
            // Jobs that ended while they waited are left in the heap until they come up.
            while let head = ready[kind]?.first, entries[head.id]?.lease != nil || entries[head.id]?.order != head.order
            {
                ready[kind]?.removeFirst()
            }
            guard let head = ready[kind]?.first else {
                ready[kind] = nil
                continue
            }
            if let best, best.order < head.order { continue }
            guard let peer = bestPeer(for: head.id, kind: kind) else { continue }
            best = (head.order, kind, head.id, peer)
        }
        guard let best else { return nil }
        ready[best.kind]?.removeFirst()
        return (best.id, best.peer)
    }

    /// Most credit first, then first come; peers that lost the job before are a last resort.
    private func bestPeer(for id: JobID, kind: String) -> Peer? {
        let lostOn = entries[id]?.lostOn ?? []
        var best: (peer: Peer, rank: (Int, Int, Int))?
        for (peer, state) in peers where state.credits > 0 && state.kinds?.contains(kind) != false {
            let rank = (lostOn.contains(peer) ? 1 : 0, -state.credits, state.order)
            if let best, best.rank < rank { continue }
            best = (peer, rank)
        }
        return best?.peer
    }

    /// Whether any peer, busy or not, takes jobs of `kind`.
    package func hasPeer(for kind: String) -> Bool {
        peers.values.contains { !$0.draining && $0.kinds?.contains(kind) != false }
    }

    /// A result under `lease` came from `peer`.
    package mutating func completed(_ lease: UInt64, by peer: Peer) -> Completion {
        if let held = leases[lease] {
            guard held.peer == peer else { return .unknown }
            end(lease)
            return complete(held.id)
        }
        if let id = lapsed[lease] { return complete(id) }
        guard settled.contains(lease) else { return .unknown }
        counters.duplicates += 1
        return .duplicate
    }

    /// A result of the job `id` came, whatever the lease.
    package mutating func complete(_ id: JobID) -> Completion {
        guard let entry = entries.removeValue(forKey: id) else {
            counters.duplicates += 1
            return .duplicate
        }
        settle(entry)
        counters.completed += 1
        return .accepted(id: id, job: entry.job)
    }

    /// Takes a job back.
    ///
    /// - Returns: The job, unless it had ended.
    @discardableResult
    package mutating func drop(_ id: JobID) -> Job? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        settle(entry)
        counters.dropped += 1
        return entry.job
    }

    private mutating func settle(_ entry: Entry) {
        for lease in entry.lapsed {
            lapsed[lease] = nil
            settled.insert(lease)
        }
    }

    /// Takes the lease from its holder.
    private mutating func end(_ lease: UInt64) {
        guard let held = leases.removeValue(forKey: lease) else { return }
        settled.insert(lease)
        guard var state = peers[held.peer] else { return }
        state.leases.remove(lease)
        if returnsCredits, !state.draining { state.credits += 1 }
        peers[held.peer] = state
    }

    /// Extends the leases of `peer` among `renewed`.
    ///
    /// - Returns: Those it does not hold.
    @discardableResult
    package mutating func renew(_ renewed: [UInt64], by peer: Peer, now: Double) -> [UInt64] {
        renewed.filter { lease in
            guard leases[lease]?.peer == peer else { return true }
            leases[lease]?.deadline = now + leaseSeconds
            return false
        }
    }

    /// The time at which `expire` has something to do next.
    package var nextDeadline: Double? { leases.values.lazy.map(\.deadline).min() }

    /// Ends the leases whose time is up.
    package mutating func expire(now: Double) -> [Loss] {
        let due = leases.filter { $0.value.deadline <= now }.keys.sorted()
        return due.compactMap { lose($0, blame: true) }
    }

    /// `peer` is no more; its leases end.
    ///
    /// `blame` says whether its jobs may have caused it; a peer that said goodbye blames none.
    package mutating func peerGone(_ peer: Peer, blame: Bool = true) -> [Loss] {
        let held = leases(of: peer)
        let losses = held.compactMap { lose($0, blame: blame) }
        peers[peer] = nil
        return losses
    }

    /// Ends one lease without a result.
    package mutating func lose(_ lease: UInt64, blame: Bool) -> Loss? {
        guard let held = leases[lease] else { return nil }
        end(lease)
        guard var entry = entries[held.id], entry.lease == lease else {
            return Loss(lease: lease, id: held.id, job: entries[held.id]?.job, peer: held.peer, fate: .settled)
        }
        entry.lease = nil
        entry.lapsed.append(lease)
        lapsed[lease] = held.id
        settled.remove(lease)
        if blame {
            entry.losses += 1
            entry.lostOn.insert(held.peer)
        }
        let fate: Fate
        if entry.lostOn.count >= maximumLosses || entry.losses >= 2 * maximumLosses {
            entries[held.id] = nil
            settle(entry)
            counters.quarantined += 1
            fate = .quarantined
        } else {
            entries[held.id] = entry
            ready[entry.kind, default: ReadyQueue()].insert(held.id, entry.order)
            counters.requeued += 1
            fate = .requeued
        }
        return Loss(lease: lease, id: held.id, job: entry.job, peer: held.peer, fate: fate)
    }
}

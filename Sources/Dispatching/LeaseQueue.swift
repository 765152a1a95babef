/// Who works on what: a queue of jobs, leases with deadlines, credits, hedging and quarantine.
///
/// Pure: no clock and no input or output; events go in with the time they happen, and what to do comes out.
/// Runs share the peers in proportion to their weights. Within a run the job that is due first goes first: one level of
/// priority is a head start of `agingSeconds`, so that nothing waits for ever. A job that was lost keeps its place.
/// Every job submitted ends in exactly one of: completed, quarantined, dropped.
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
        /// It will be assigned again, or another peer is still at it.
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

    struct Entry {
        let job: Job
        let kind: String
        let flow: String
        var order: LeaseOrder
        let submitted: Double
        var attempts = 0
        /// The leases it is held under; none while it waits.
        var leases: [UInt64] = []
        var losses = 0
        var lostOn: Set<Peer> = []
        /// Leases that lapsed; a late result under one of them is as good as any.
        var lapsed: [UInt64] = []
    }

    struct Lease {
        let id: JobID
        let peer: Peer
        let begun: Double
        var deadline: Double
        let isHedge: Bool
    }

    /// How a queue behaves.
    package struct Options: Sendable {
        /// How long a lease lasts without a renewal, seconds.
        package var leaseSeconds = 10.0
        /// Different peers a job may be lost on before it is quarantined; it may be lost twice as often in all.
        package var maximumLosses = 3
        /// Whether the end of a lease gives its credit back; otherwise peers grant every credit anew.
        package var returnsCredits = false
        /// Random in a service, so that a restarted one does not give an old name to a new lease.
        package var firstLease: UInt64 = 1
        /// What one level of priority is worth, seconds of waiting.
        package var agingSeconds = 60.0
        /// Shares of the runs that are not 1.
        package var weights: [String: Double] = [:]
        /// Share of all leases that may be second ones.
        package var hedgedShare = 0.03
        /// A job is hedged when it has taken this many times what 95 of 100 of its kind take.
        package var hedgeFactor = 1.5
        /// Durations of a kind that must be known first.
        package var hedgeSamples = 20

        package init() {}
    }

    package let options: Options
    private var nextLease: UInt64
    private var nextSequence = 0
    private var entries: [JobID: Entry] = [:]
    private var waitingCount = 0
    private var ready: FairShare<JobID>
    private var leases: [UInt64: Lease] = [:]
    private var peers = PeerIndex<Peer>()
    private var durations: [String: DurationWindow] = [:]
    /// Leases that lapsed and may still be reported.
    private var lapsed: [UInt64: (id: JobID, peer: Peer)] = [:]
    private var settled = RecentSet<UInt64>(capacity: 65_536)
    private var moot: [(lease: UInt64, peer: Peer)] = []
    private var counters = LeaseCounts()

    package init(options: Options = Options()) {
        precondition(options.leaseSeconds > 0 && options.maximumLosses > 0, "a lease lasts a while, and may be lost")
        self.options = options
        ready = FairShare(weights: options.weights)
        nextLease = options.firstLease
    }

    /// A queue with the given `Options`, the others left as they are.
    package init(
        leaseSeconds: Double = 10,
        maximumLosses: Int = 3,
        returnsCredits: Bool = false,
        firstLease: UInt64 = 1
    ) {
        var options = Options()
        options.leaseSeconds = leaseSeconds
        options.maximumLosses = maximumLosses
        options.returnsCredits = returnsCredits
        options.firstLease = firstLease
        self.init(options: options)
    }

    /// How long a lease lasts without a renewal, seconds.
    package var leaseSeconds: Double { options.leaseSeconds }
    /// A job lost on this many different peers, or twice as often in all, is quarantined.
    package var maximumLosses: Int { options.maximumLosses }

    package var counts: LeaseCounts {
        var counts = counters
        counts.queued = waitingCount
        counts.leased = entries.count - waitingCount
        return counts
    }

    /// Jobs that wait, by kind; kinds without any are absent.
    package var waiting: [String: Int] {
        if waitingCount == 0 { return [:] }
        return entries.values.reduce(into: [:]) { waiting, entry in
            if entry.leases.isEmpty { waiting[entry.kind, default: 0] += 1 }
        }
    }

    /// Jobs of `kind` that wait, first come first.
    package func waitingJobs(of kind: String) -> [JobID] {
        entries.filter { $0.value.kind == kind && $0.value.leases.isEmpty }
            .sorted { $0.value.order < $1.value.order }.map(\.key)
    }

    /// Whether `id` was submitted and has not ended.
    package func contains(_ id: JobID) -> Bool { entries[id] != nil }

    /// The leases `peer` holds, in ascending order.
    package func leases(of peer: Peer) -> [UInt64] { peers[peer]?.leases.sorted() ?? [] }

    /// Who works on `id`, and since when.
    package func holders(of id: JobID) -> [(peer: Peer, since: Double)] {
        entries[id]?.leases.compactMap { leases[$0].map { ($0.peer, $0.begun) } } ?? []
    }

    /// The job that `lease` is, or was until it lapsed, of; nil for one that has ended or was never given.
    package func job(of lease: UInt64) -> JobID? { leases[lease]?.id ?? lapsed[lease]?.id }
    /// Whom `lease` is, or was until it lapsed, given to; nil for one that has ended or was never given.
    package func holder(of lease: UInt64) -> Peer? { leases[lease]?.peer ?? lapsed[lease]?.peer }
    /// Whether `lease` is one of those that ended not long ago.
    package func hasEnded(_ lease: UInt64) -> Bool { settled.contains(lease) }
    /// Whether `lease` is a name that only this queue gives, or will give.
    package func isOwn(_ lease: UInt64) -> Bool { lease &- options.firstLease < 1 << 40 }
    /// Remembers that a lease of an earlier queue has ended.
    package mutating func settle(_ lease: UInt64) { settled.insert(lease) }

    /// Everything that is remembered, for those who check that it is bounded.
    package var footprint: Int { entries.count + leases.count + lapsed.count + peers.states.count + moot.count }

    /// Adds a job, which goes only to peers that take its kind.
    ///
    /// - Returns: false when the job is here already.
    @discardableResult
    package mutating func submit(
        _ id: JobID,
        _ job: Job,
        kind: String = "",
        flow: String = "",
        priority: Int = 0,
        now: Double
    ) -> Bool {
        guard entries[id] == nil else { return false }
        let order = LeaseOrder(due: now - Double(priority) * options.agingSeconds, sequence: nextSequence)
        nextSequence += 1
        entries[id] = Entry(job: job, kind: kind, flow: flow, order: order, submitted: now)
        waitingCount += 1
        ready.insert(id, flow: flow, kind: kind, order: order)
        counters.submitted += 1
        return true
    }

    /// Gives a job that waits `levels` more of priority.
    package mutating func raise(_ id: JobID, by levels: Int) {
        guard var entry = entries[id] else { return }
        entry.order.due -= Double(levels) * options.agingSeconds
        entries[id] = entry
        if entry.leases.isEmpty { ready.insert(id, flow: entry.flow, kind: entry.kind, order: entry.order) }
    }

    /// Lets `peer` have `count` more leases.
    ///
    /// From now on it takes jobs of `kinds`; nil means any. The last `reserve` of its credits are for jobs that would have to
    /// wait there, so that it need not wait for the next one. They are used only while more jobs wait than are leased: of
    /// the last round, a job would wait behind one peer's jobs while another peer has nothing to do.
    package mutating func grantCredits(_ peer: Peer, _ count: Int, kinds: Set<String>? = nil, reserve: Int = 0) {
        peers.register(peer, kinds: kinds, reserve: reserve)
        peers.add(max(0, count), to: peer)
    }

    /// Gives `peer` nothing more; what it has it may finish.
    package mutating func drain(_ peer: Peer) { peers.drain(peer) }

    /// Hands waiting jobs to peers with credit: the peer with most of it first.
    package mutating func assign(now: Double) -> [Assignment] {
        var assignments: [Assignment] = []
        while waitingCount > 0, peers.credits > 0 {
            guard let pair = nextPair() else { break }
            assignments.append(lease(pair.id, to: pair.peer, now: now, isHedge: false))
        }
        return assignments
    }

    /// The first job somebody can take, taken out of its queue.
    private mutating func nextPair() -> (id: JobID, peer: Peer)? {
        let entries = self.entries
        // Taken out and put back, so that looking for a peer does not copy them all.
        var peers = PeerIndex<Peer>()
        swap(&peers, &self.peers)
        defer { swap(&peers, &self.peers) }
        let reserves = waitingCount > leases.count
        return ready.takeFirst(
            isCurrent: { id, order in entries[id].map { $0.leases.isEmpty && $0.order == order } ?? false },
            peerFor: { id, kind in peers.best(for: kind, avoiding: entries[id]?.lostOn ?? [], reserves: reserves) }
        )
    }

    private mutating func lease(_ id: JobID, to peer: Peer, now: Double, isHedge: Bool) -> Assignment {
        guard var entry = entries[id] else { preconditionFailure("a job to be leased has an entry") }
        let lease = nextLease
        nextLease &+= 1
        if entry.leases.isEmpty { waitingCount -= 1 }
        entry.leases.append(lease)
        entry.attempts += 1
        entries[id] = entry
        leases[lease] = Lease(id: id, peer: peer, begun: now, deadline: now + leaseSeconds, isHedge: isHedge)
        peers.add(-1, to: peer)
        peers.attach(lease, to: peer)
        counters.leases += 1
        return Assignment(
            lease: lease,
            id: id,
            job: entry.job,
            peer: peer,
            attempt: entry.attempts,
            waited: now - entry.submitted
        )
    }

    /// Gives the jobs that take far longer than others of their kind to a second peer, as long as there is credit that
    /// nobody else can use.
    ///
    /// The first result counts; the other lease becomes moot.
    package mutating func hedge(now: Double) -> [Assignment] {
        guard peers.credits > 0 else { return [] }
        var assignments: [Assignment] = []
        let late = leases.filter { _, lease in
            guard !lease.isHedge, entries[lease.id]?.leases.count == 1, let kind = entries[lease.id]?.kind,
                let p95 = durations[kind]?.p95
            else { return false }
            return now - lease.begun > options.hedgeFactor * p95
        }
        for (_, lease) in late.sorted(by: { $0.key < $1.key }) {
            guard Double(counters.hedged + 1) <= options.hedgedShare * Double(counters.leases + 1) else { break }
            guard let entry = entries[lease.id],
                let peer = peers.best(
                    for: entry.kind,
                    avoiding: entry.lostOn.union([lease.peer]),
                    reserves: false,
                    strictly: true
                )
            else { continue }
            counters.hedged += 1
            assignments.append(self.lease(lease.id, to: peer, now: now, isHedge: true))
        }
        return assignments
    }

    /// Leases whose job ended otherwise since the last call: nobody waits for their results any more.
    package mutating func takeMoot() -> [(lease: UInt64, peer: Peer)] {
        defer { moot = [] }
        return moot
    }

    /// Whether any peer, busy or not, takes jobs of `kind`.
    package func hasPeer(for kind: String) -> Bool { peers.contains(taking: kind) }

    /// A result under `lease` came from `peer` at the time `now`.
    package mutating func completed(_ lease: UInt64, by peer: Peer, now: Double? = nil) -> Completion {
        if let held = leases[lease] {
            guard held.peer == peer else { return .unknown }
            end(lease)
            if let now, let kind = entries[held.id]?.kind {
                durations[kind, default: DurationWindow(enough: options.hedgeSamples)].add(now - held.begun)
                if held.isHedge { counters.hedgesWon += 1 }
            }
            return complete(held.id)
        }
        if let late = lapsed[lease] { return late.peer == peer ? complete(late.id) : .unknown }
        guard settled.contains(lease) else { return .unknown }
        counters.duplicates += 1
        return .duplicate
    }

    /// A result of the job `id` came, whatever the lease.
    package mutating func complete(_ id: JobID) -> Completion {
        guard let entry = remove(id) else {
            counters.duplicates += 1
            return .duplicate
        }
        counters.completed += 1
        return .accepted(id: id, job: entry.job)
    }

    /// Takes a job back.
    ///
    /// - Returns: The job, unless it had ended.
    @discardableResult
    package mutating func drop(_ id: JobID) -> Job? {
        guard let entry = remove(id) else { return nil }
        counters.dropped += 1
        return entry.job
    }

    private mutating func remove(_ id: JobID) -> Entry? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        if entry.leases.isEmpty { waitingCount -= 1 }
        for lease in entry.lapsed {
            lapsed[lease] = nil
            settled.insert(lease)
        }
        for lease in entry.leases {
            if let held = leases[lease] { moot.append((lease, held.peer)) }
        }
        return entry
    }

    /// Takes the lease from its holder.
    private mutating func end(_ lease: UInt64) {
        guard let held = leases.removeValue(forKey: lease) else { return }
        settled.insert(lease)
        peers.detach(lease, from: held.peer)
        if options.returnsCredits { peers.add(1, to: held.peer) }
        guard var entry = entries[held.id] else { return }
        entry.leases.removeAll { $0 == lease }
        // Out of this call the job is completed, or waits again.
        if entry.leases.isEmpty { waitingCount += 1 }
        entries[held.id] = entry
    }

    /// Extends the leases of `peer` among `renewed`.
    ///
    /// - Returns: Those it does not hold.
    @discardableResult
    package mutating func renew(_ renewed: [UInt64], by peer: Peer, now: Double) -> [UInt64] {
        let deadline = now + leaseSeconds
        return renewed.filter { lease in
            guard leases[lease]?.peer == peer else { return true }
            leases[lease]?.deadline = deadline
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
        peers.remove(peer)
        return losses
    }

    /// `peer`, which was thought to have been killed by its jobs, lives: they are no longer to blame.
    package mutating func forgive(_ peer: Peer) {
        for (id, entry) in entries where entry.lostOn.contains(peer) {
            entries[id]?.lostOn.remove(peer)
            entries[id]?.losses -= 1
        }
    }

    /// Ends one lease without a result.
    package mutating func lose(_ lease: UInt64, blame: Bool) -> Loss? {
        guard let held = leases[lease] else { return nil }
        end(lease)
        guard var entry = entries[held.id] else {
            return Loss(lease: lease, id: held.id, job: nil, peer: held.peer, fate: .settled)
        }
        entry.lapsed.append(lease)
        lapsed[lease] = (held.id, held.peer)
        settled.remove(lease)
        if blame {
            entry.losses += 1
            entry.lostOn.insert(held.peer)
        }
        entries[held.id] = entry
        let fate: Fate
        if entry.lostOn.count >= maximumLosses || entry.losses >= 2 * maximumLosses {
            _ = remove(held.id)
            counters.quarantined += 1
            fate = .quarantined
        } else {
            // With a second lease it does not wait.
            if entry.leases.isEmpty {
                ready.insert(held.id, flow: entry.flow, kind: entry.kind, order: entry.order)
                counters.requeued += 1
            }
            fate = .requeued
        }
        return Loss(lease: lease, id: held.id, job: entry.job, peer: held.peer, fate: fate)
    }
}

/// What became of all jobs of a queue.
///
/// Conserved: submitted = completed + quarantined + dropped + queued + leased.
package struct LeaseCounts: Sendable, Equatable {
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
    /// Leases given, second ones included.
    package var leases = 0
    /// Second leases given to jobs that took long.
    package var hedged = 0
    /// Second leases that were first to come back.
    package var hedgesWon = 0

    package init() {}

    /// Whether no job was lost and none counted twice.
    package var isBalanced: Bool { submitted == completed + quarantined + dropped + queued + leased }
}

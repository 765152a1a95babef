import Determinism
import Dispatching
import Testing

private typealias Queue = LeaseQueue<String, Int, String>

struct LeaseQueueTests {
    @Test func jobsGoOutInOrderOfPriorityAndThenOfArrival() {
        var queue = Queue()
        for (id, priority) in [(1, 0), (2, 5), (3, 0), (4, 5)] {
            queue.submit(id, "job", priority: priority, now: 0)
        }
        queue.grantCredits("a", 3)
        #expect(queue.assign(now: 1).map(\.id) == [2, 4, 1])
        #expect(queue.assign(now: 2).isEmpty)
        queue.grantCredits("a", 1)
        #expect(queue.assign(now: 3).map(\.id) == [3])
    }

    @Test func aJobGoesOnlyToAPeerThatTakesItsKind() {
        var queue = Queue()
        queue.submit(1, "", kind: "java", now: 0)
        queue.submit(2, "", kind: "python", now: 0)
        queue.grantCredits("p", 2, kinds: ["python"])
        #expect(queue.assign(now: 0).map(\.id) == [2])
        #expect(!queue.hasPeer(for: "java"))
        #expect(queue.waitingJobs(of: "java") == [1])
        queue.grantCredits("j", 1, kinds: ["java"])
        #expect(queue.assign(now: 0).map(\.peer) == ["j"])
    }

    @Test func aLapsedLeaseGoesToAnotherPeerAtItsOldPlace() throws {
        var queue = Queue(leaseSeconds: 10)
        queue.submit(1, "", now: 0)
        queue.submit(2, "", now: 0)
        queue.grantCredits("a", 1)
        let first = try #require(queue.assign(now: 0).first)
        #expect(queue.nextDeadline == 10)
        #expect(queue.expire(now: 9.9).isEmpty)
        #expect(queue.renew([first.lease, 99], by: "a", now: 5) == [99])
        #expect(queue.expire(now: 10).isEmpty)
        let lost = queue.expire(now: 15)
        #expect(lost.map(\.id) == [1] && lost.map(\.fate) == [.requeued])
        queue.grantCredits("a", 5)
        queue.grantCredits("b", 1)
        // The one peer it was not lost on comes first, however little credit it has.
        let again = queue.assign(now: 15)
        #expect(again.map(\.id) == [1, 2])
        #expect(again.map(\.peer) == ["b", "a"])
        #expect(again.map(\.attempt) == [2, 1])
    }

    @Test func aLateResultCountsAndTheSecondOneIsADuplicate() throws {
        var queue = Queue(leaseSeconds: 1)
        queue.submit(1, "x", now: 0)
        queue.grantCredits("a", 1)
        let late = try #require(queue.assign(now: 0).first)
        _ = queue.expire(now: 2)
        queue.grantCredits("b", 1)
        let second = try #require(queue.assign(now: 2).first)
        guard case .accepted(1, "x") = queue.completed(late.lease, by: "a") else {
            Issue.record("the late result was not accepted")
            return
        }
        guard case .duplicate = queue.completed(second.lease, by: "b") else {
            Issue.record("the second result was not a duplicate")
            return
        }
        guard case .unknown = queue.completed(12345, by: "b") else {
            Issue.record("a lease nobody gave was known")
            return
        }
        #expect(queue.counts.completed == 1)
        #expect(queue.counts.duplicates == 1)
    }

    @Test func aJobLostOnThreePeersIsQuarantinedAndOneWhosePeersSaidGoodbyeIsNot() {
        var queue = Queue()
        queue.submit(1, "", now: 0)
        for (i, peer) in ["a", "b"].enumerated() {
            queue.grantCredits(peer, 1)
            #expect(queue.assign(now: Double(i)).count == 1)
            #expect(queue.peerGone(peer).map(\.fate) == [.requeued])
        }
        for peer in ["x", "y", "z"] {
            queue.grantCredits(peer, 1)
            #expect(queue.assign(now: 3).count == 1)
            #expect(queue.peerGone(peer, blame: false).map(\.fate) == [.requeued])
        }
        queue.grantCredits("c", 1)
        #expect(queue.assign(now: 4).count == 1)
        #expect(queue.peerGone("c").map(\.fate) == [.quarantined])
        #expect(queue.counts.quarantined == 1)
        #expect(!queue.contains(1))
    }

    @Test func aJobWaitsAtAPeerOnlyWhenThereIsNoEndOfJobs() {
        var queue = Queue(returnsCredits: true)
        // Two at work and one in reserve each; eight jobs for four that can begin.
        for peer in ["a", "b"] { queue.grantCredits(peer, 3, reserve: 1) }
        for id in 1...8 { queue.submit(id, "", now: 0) }
        let first = queue.assign(now: 0)
        #expect(first.map(\.peer) == ["a", "b", "a", "b"])
        // The others are the last round and go to whoever is done first; with one more a job may wait at a peer.
        #expect(queue.counts.queued == 4)
        queue.submit(9, "", now: 0)
        #expect(queue.assign(now: 0).map(\.id) == [5])
        _ = queue.completed(first[1].lease, by: "b")
        #expect(queue.assign(now: 0).map(\.peer) == ["b"])
    }

    @Test func aPeerCannotFinishTheLeaseOfAnother() throws {
        var queue = Queue()
        queue.submit(1, "", now: 0)
        queue.grantCredits("a", 1)
        let lease = try #require(queue.assign(now: 0).first).lease
        guard case .unknown = queue.completed(lease, by: "b") else {
            Issue.record("b finished a's lease")
            return
        }
        #expect(queue.renew([lease], by: "b", now: 1) == [lease])
    }

    @Test func creditsComeBackWhenAskedFor() {
        var queue = Queue(leaseSeconds: 1, returnsCredits: true)
        for id in 1...3 { queue.submit(id, "", now: 0) }
        queue.grantCredits("a", 1)
        for id in 1...3 {
            let assigned = queue.assign(now: 0)
            #expect(assigned.map(\.id) == [id])
            for assignment in assigned { _ = queue.completed(assignment.lease, by: "a") }
        }
        queue.submit(4, "", now: 0)
        queue.drain("a")
        #expect(queue.assign(now: 0).isEmpty)
    }

    /// 2,500 random histories of submissions, results, copies, deaths, lapses, goodbyes and withdrawals.
    @Test func nothingIsEverLostOrCountedTwice() {
        var histories = (completed: 0, quarantined: 0, dropped: 0, requeued: 0, duplicates: 0)
        for seed in 0..<2500 as Range<UInt64> {
            var simulation = Simulation(seed: seed)
            if let complaint = simulation.run() {
                Issue.record("seed \(seed): \(complaint)")
                return
            }
            let counts = simulation.queue.counts
            histories.completed += counts.completed
            histories.quarantined += counts.quarantined
            histories.dropped += counts.dropped
            histories.requeued += counts.requeued
            histories.duplicates += counts.duplicates
        }
        // The histories must have contained what they are to test.
        #expect(histories.completed > 10_000)
        #expect(histories.quarantined > 100)
        #expect(histories.dropped > 1000)
        #expect(histories.requeued > 10_000)
        #expect(histories.duplicates > 1000)
    }
}

private struct Simulation {
    var queue: Queue
    var random: CounterGenerator
    var now = 0.0
    var nextID = 0
    var nextPeer = 0
    var peers: [String] = []
    var held: [(lease: UInt64, peer: String, id: Int)] = []
    var accepted: Set<Int> = []
    var ended: Set<Int> = []

    init(seed: UInt64) {
        random = RandomKey(seed: seed, path: 1).generator()
        queue = Queue(leaseSeconds: 5, returnsCredits: seed.isMultiple(of: 2))
    }

    /// - Returns: what went wrong.
    mutating func run() -> String? {
        for _ in 0..<120 {
            now += Double(random.integer(below: 20)) / 10
            if let complaint = step() { return complaint }
            if let complaint = balance() { return complaint }
        }
        // In the end a patient peer does what is left.
        queue.grantCredits("patient", nextID + 1000)
        for peer in peers { if let complaint = note(queue.peerGone(peer, blame: false)) { return complaint } }
        for assignment in queue.assign(now: now) {
            if let complaint = finish(assignment.lease, "patient", assignment.id) { return complaint }
        }
        if let complaint = balance() { return complaint }
        let counts = queue.counts
        if counts.queued + counts.leased > 0 { return "\(counts.queued + counts.leased) jobs were left over" }
        if ended.count != nextID { return "\(nextID) jobs were submitted, \(ended.count) ended" }
        return nil
    }

    private mutating func step() -> String? {
        switch random.integer(below: 12) {
        case 0...2:
            queue.submit(nextID, "", priority: random.integer(below: 3), now: now)
            nextID += 1
        case 3:
            nextPeer += 1
            peers.append("p\(nextPeer)")
            queue.grantCredits("p\(nextPeer)", 1 + random.integer(below: 4))
        case 4, 5:
            for assignment in queue.assign(now: now) {
                held.append((assignment.lease, assignment.peer, assignment.id))
            }
        case 6, 7:
            guard !held.isEmpty else { return nil }
            let i = random.integer(below: held.count)
            let (lease, peer, id) = held[i]
            // Some results come twice.
            if random.integer(below: 4) > 0 { held.remove(at: i) }
            return finish(lease, peer, id)
        case 8:
            guard !peers.isEmpty else { return nil }
            let peer = peers.remove(at: random.integer(below: peers.count))
            return note(queue.peerGone(peer, blame: random.integer(below: 4) > 0))
        case 9: return note(queue.expire(now: now))
        case 10:
            guard nextID > 0 else { return nil }
            let id = random.integer(below: nextID)
            if queue.drop(id) != nil { return end(id) }
        default:
            guard !held.isEmpty else { return nil }
            let (lease, peer, _) = held[random.integer(below: held.count)]
            queue.renew([lease], by: peer, now: now)
        }
        return nil
    }

    private mutating func finish(_ lease: UInt64, _ peer: String, _ id: Int) -> String? {
        switch queue.completed(lease, by: peer) {
        case .accepted(let done, _):
            guard done == id else { return "lease \(lease) was of job \(id) and finished \(done)" }
            return end(id)
        case .duplicate, .unknown:
            return ended.contains(id) ? nil : "the result of job \(id), which has not ended, was not taken"
        }
    }

    private mutating func note(_ losses: [Queue.Loss]) -> String? {
        for loss in losses where loss.fate == .quarantined {
            if let complaint = end(loss.id) { return complaint }
        }
        return nil
    }

    private mutating func end(_ id: Int) -> String? {
        ended.insert(id).inserted ? nil : "job \(id) ended twice"
    }

    private func balance() -> String? {
        let c = queue.counts
        let total = c.completed + c.quarantined + c.dropped + c.queued + c.leased
        return c.submitted == total && c.submitted == nextID ? nil : "unbalanced: \(c)"
    }
}

import Determinism
import Dispatching
import Foundation
import Programs
import Protocol
import Testing
import Transport

/// A dispatcher's state machine with a clock that is turned by hand, and what it sent.
private struct Bench {
    var core: DispatcherCore
    var now = 0.0
    var sent: [DispatcherMessage] = []
    var notes: [String] = []
    var kept: [String] = []
    /// Who was given which lease.
    private var holders: [UInt64: String] = [:]

    init(_ change: (inout DispatcherOptions) -> Void = { _ in }) {
        var options = DispatcherOptions()
        change(&options)
        core = DispatcherCore(options: options, firstLease: 2)
    }

    private static func route(_ name: String) -> PeerID { PeerID(bytes: Array(name.utf8)) }

    private mutating func receive(_ body: WireEnvelope.OneOf_Body, _ name: String, _ side: DispatcherSide, run: UInt8) {
        var envelope = WireEnvelope()
        envelope.incarnation = Data(name.utf8)
        if run > 0 { envelope.runID = Data(repeating: run, count: 16) }
        envelope.body = body
        core.receive(envelope, bytes: 100, from: Self.route(name), side, now: now)
        collect()
    }

    private mutating func collect() {
        for effect in core.takeEffects() {
            switch effect {
            case .send(let message):
                sent.append(message)
                if case .executionLease(let lease) = message.body {
                    holders[lease.leaseID] = String(decoding: message.route.bytes, as: UTF8.self)
                }
            case .note(let text): notes.append(text)
            case .quarantined(let job, let reason): kept.append("\(job.program): \(reason)")
            }
        }
    }

    mutating func tick(_ seconds: Double) {
        now += seconds
        core.tick(now: now)
        collect()
    }

    mutating func client(_ name: String, run: UInt8 = 0) {
        var hello = WireHello()
        hello.role = .client
        receive(.hello(hello), name, .client, run: run)
    }

    mutating func executor(_ name: String, slots: Int, running: [UInt64] = []) {
        var hello = WireHello()
        hello.role = .executor
        hello.name = name
        hello.slots = UInt32(slots)
        hello.toolChains = ["python": "3"]
        hello.runningLeases = running
        receive(.hello(hello), name, .executor, run: 0)
    }

    mutating func beat(_ name: String, _ leases: [UInt64] = []) {
        receive(.heartbeat(WireHeartbeat()), name, .executor, run: 0)
        guard !leases.isEmpty else { return }
        var renewal = WireLeaseRenewal()
        renewal.leaseIds = leases
        receive(.leaseRenewal(renewal), name, .executor, run: 0)
    }

    mutating func ask(
        _ client: String,
        _ program: String,
        priority: Int = 0,
        run: UInt8 = 0,
        group: (UInt64, Int)? = nil
    ) {
        let job = ExecutionJob(id: "", language: .python, program: program, tests: [])
        var request = WireExecutionRequest(job: job, digest: jobDigest(job).bytes, priority: priority)
        if let group {
            request.group = group.0
            request.groupSize = UInt32(group.1)
        }
        receive(.executionRequest(request), client, .client, run: run)
    }

    /// Reports for whoever holds the lease.
    mutating func report(_ lease: WireExecutionLease, _ outcome: Verdict.Outcome = .accepted) {
        report(holders[lease.leaseID] ?? "", lease, outcome)
    }

    mutating func report(_ executor: String, _ lease: WireExecutionLease, _ outcome: Verdict.Outcome = .accepted) {
        var result = WireExecutionResult()
        result.leaseID = lease.leaseID
        result.jobDigest = lease.request.jobDigest
        result.verdict = WireVerdict(Verdict(outcome: outcome, diagnostics: outcome.rawValue))
        receive(.executionResult(result), executor, .executor, run: 0)
    }

    /// The leases sent since the last call, in order.
    mutating func leases(to executor: String? = nil) -> [WireExecutionLease] {
        let found = sent.compactMap { message -> WireExecutionLease? in
            guard case .executionLease(let lease) = message.body,
                executor == nil || message.route == Self.route(executor ?? "")
            else { return nil }
            return lease
        }
        sent = []
        return found
    }

    /// The verdicts sent since the last call, by client.
    mutating func replies() -> [String] {
        let found = sent.compactMap { message -> String? in
            guard case .executionReply(let reply) = message.body else { return nil }
            return "\(String(decoding: message.route.bytes, as: UTF8.self)) \(reply.verdict.outcome)"
        }
        sent = []
        return found
    }

    mutating func acknowledged() -> [UInt64] {
        let found = sent.compactMap { message -> UInt64? in
            if case .executionAck(let ack) = message.body { ack.leaseID } else { nil }
        }
        sent = []
        return found
    }
}

private func probes() -> [String: [Probe]] {
    let right = ExecutionJob(id: "", language: .python, program: "right", tests: [])
    let wrong = ExecutionJob(id: "", language: .python, program: "wrong", tests: [])
    return ["python": [Probe(job: right, expected: .accepted), Probe(job: wrong, expected: .wrongAnswer)]]
}

struct DispatcherCoreTests {
    @Test func aNewExecutorGetsOneProgramAtATimeUntilItsVerdictsAreRight() {
        var bench = Bench { $0.probes = probes() }
        bench.client("c")
        for i in 0..<20 { bench.ask("c", "\(i)") }
        bench.executor("e", slots: 4)
        let first = bench.leases()
        #expect(first.map(\.request.program) == ["right"])
        bench.report("e", first[0], .accepted)
        let second = bench.leases()
        #expect(second.map(\.request.program) == ["wrong"])
        bench.report("e", second[0], .wrongAnswer)
        // Four slots, and one for every tenth of them begun.
        #expect(bench.leases().map(\.request.program) == ["0", "1", "2", "3", "4"])
    }

    @Test func anExecutorWhoseVerdictsAreWrongIsLeftAloneForAWhileAndLongerTheNextTime() {
        var bench = Bench {
            $0.probes = probes()
            $0.quarantineSeconds = 4
        }
        bench.client("c")
        bench.ask("c", "job")
        bench.executor("e", slots: 4)
        for (pause, total) in [(4.0, 1), (8.0, 2), (16.0, 3)] {
            let probe = bench.leases()
            #expect(probe.map(\.request.program) == ["right"])
            bench.report("e", probe[0], .wrongAnswer)
            for _ in 0..<Int(pause) * 2 - 1 {
                bench.tick(0.5)
                bench.beat("e")
            }
            #expect(bench.leases().isEmpty)
            bench.tick(0.6)
            bench.beat("e")
            #expect(bench.core.snapshot().failedProbes == total)
        }
        #expect(
            bench.notes.first
                == "e gets no jobs for 4 s: a program that is accepted was judged wrong_answer (wrong_answer)"
        )
        let right = bench.leases()
        bench.report("e", right[0], .accepted)
        bench.report("e", bench.leases()[0], .wrongAnswer)
        #expect(bench.leases().map(\.request.program) == ["job"])
    }

    @Test func aLateHelloThatNamesLeasesWithResultsTakesNoCreditFromAnExecutorThatWasSilent() {
        var bench = Bench()
        bench.client("c")
        bench.executor("e", slots: 2)
        for program in ["0", "1"] { bench.ask("c", program) }
        let held = bench.leases()
        #expect(held.map(\.request.program) == ["0", "1"])
        for _ in 0..<60 {
            bench.tick(1)
            bench.client("c")
        }
        // It wakes, and each of three messages is answered with "say hello first".
        let leases = held.map(\.leaseID)
        bench.executor("e", slots: 2, running: leases)
        for lease in held { bench.report("e", lease) }
        bench.executor("e", slots: 2, running: leases)
        bench.executor("e", slots: 2, running: leases)
        #expect(bench.leases().isEmpty)
        for program in ["2", "3"] { bench.ask("c", program) }
        #expect(bench.leases().map(\.request.program) == ["2", "3"])
    }

    @Test func anExecutorThatKeepsFailingIsTriedAgainAndTheJobsGoElsewhere() {
        var bench = Bench {
            $0.probes = probes()
            $0.toleratedFailures = 3
        }
        bench.client("c")
        bench.executor("bad", slots: 1)
        bench.report("bad", bench.leases()[0], .accepted)
        bench.report("bad", bench.leases()[0], .wrongAnswer)
        for i in 0..<8 { bench.ask("c", "\(i)") }
        var failed = 0
        while true {
            let leases = bench.leases(to: "bad").filter { $0.request.program != "right" }
            if leases.isEmpty { break }
            for lease in leases {
                bench.report("bad", lease, .infrastructureFailure)
                failed += 1
            }
        }
        // Three failures and what it held already.
        #expect(failed <= 4)
        #expect(bench.core.snapshot().untrusted == 1)
        bench.executor("good", slots: 8)
        let probe = bench.leases(to: "good")
        bench.report("good", probe[0], .accepted)
        bench.report("good", bench.leases(to: "good")[0], .wrongAnswer)
        for lease in bench.leases(to: "good") { bench.report("good", lease, .accepted) }
        #expect(bench.core.snapshot().completed == 8)
    }

    @Test func anExecutorThatHangsOnAProgramOfKnownVerdictGetsNoJobs() {
        var bench = Bench { $0.probes = probes() }
        bench.client("c")
        bench.ask("c", "job")
        bench.executor("e", slots: 1)
        // It says that it lives, and not that it works on the probe.
        for _ in 0..<21 {
            bench.tick(0.5)
            bench.beat("e")
        }
        #expect(bench.leases().map(\.request.program) == ["right"])
        #expect(bench.core.snapshot().failedProbes == 1)
        #expect(bench.core.delays(longerThan: 5, now: bench.now).contains { $0.hasPrefix("e gets no jobs") })
    }

    @Test func aJobThatKillsThreeExecutorsIsGivenUpAndKept() {
        var bench = Bench()
        bench.client("c")
        bench.ask("c", "poison")
        for name in ["a", "b", "c2"] {
            bench.executor(name, slots: 1)
            #expect(bench.leases(to: name).map(\.request.program) == ["poison"])
            for _ in 0..<6 { bench.tick(0.5) }
        }
        #expect(bench.replies() == ["c infrastructure_failure"])
        #expect(bench.kept == ["poison: lost on 3 executors"])
        let statistics = bench.core.snapshot()
        #expect(statistics.quarantined == 1 && statistics.isBalanced)
    }

    @Test func theJobsOfAnExecutorThatWasOnlySilentAreNotToBlame() {
        var bench = Bench()
        bench.client("c")
        bench.ask("c", "slow")
        bench.executor("e", slots: 1)
        // It falls silent five times, which would be five losses of six, and comes back each time.
        for _ in 0..<8 {
            let lease = bench.leases(to: "e")
            #expect(lease.count == 1)
            for _ in 0..<6 { bench.tick(0.5) }
            #expect(bench.core.snapshot().executors == 0)
            bench.executor("e", slots: 1)
        }
        #expect(bench.core.snapshot().quarantined == 0)
        bench.report("e", bench.leases(to: "e")[0])
        #expect(bench.replies() == ["c accepted"])
    }

    @Test func aDeadExecutorIsNoticedWithinThreeSeconds() {
        var bench = Bench()
        bench.executor("e", slots: 1)
        var seconds = 0.0
        while bench.core.snapshot().executors > 0 {
            bench.tick(0.1)
            seconds += 0.1
        }
        #expect(seconds <= 3)
    }

    @Test func aHungExecutorLosesItsJobWhenTheLeaseLapses() {
        var bench = Bench()
        bench.client("c")
        bench.ask("c", "job")
        bench.executor("hung", slots: 1)
        bench.executor("well", slots: 1)
        let first = bench.leases()
        let (hung, well) = bench.core.snapshot().running == 1 && !first.isEmpty ? ("hung", "well") : ("", "")
        for _ in 0..<99 {
            bench.tick(0.1)
            bench.beat(hung)
            bench.beat(well)
        }
        #expect(bench.leases().isEmpty)
        bench.tick(0.2)
        #expect(bench.leases(to: well).map(\.request.program) == ["job"])
    }

    @Test func aStragglerGetsASecondExecutorAndTheLoserIsToldToStop() {
        var bench = Bench { $0.silenceSeconds = 1000 }
        bench.client("c")
        bench.executor("a", slots: 1)
        bench.executor("b", slots: 1)
        // Forty jobs of one second, so that it is known what is usual, and one in thirty may be hedged.
        for i in 0..<40 {
            bench.ask("c", "\(i)")
            let lease = bench.leases()[0]
            bench.tick(1)
            bench.report(lease)
        }
        bench.sent = []
        bench.ask("c", "straggler")
        let first = bench.leases()
        #expect(first.count == 1)
        bench.tick(1.4)
        #expect(bench.leases().isEmpty)
        bench.tick(0.2)
        let second = bench.leases()
        #expect(second.map(\.request.program) == ["straggler"])
        #expect(second.map(\.leaseID) != first.map(\.leaseID))
        bench.report(second[0])
        #expect(bench.core.snapshot().hedgesWon == 1)
        #expect(bench.acknowledged().contains(first[0].leaseID))
        // The loser's result is a copy.
        bench.report(first[0])
        #expect(bench.replies().isEmpty)
        let statistics = bench.core.snapshot()
        #expect(statistics.completed == 41 && statistics.hedged == 1 && statistics.isBalanced)
    }

    @Test func atMostThreeInAHundredLeasesAreSecondOnes() {
        var bench = Bench {
            $0.silenceSeconds = 1000
            $0.leaseSeconds = 1000
        }
        bench.client("c")
        bench.executor("a", slots: 50)
        bench.executor("b", slots: 50)
        for i in 0..<100 { bench.ask("c", "\(i)") }
        let leases = bench.leases()
        bench.tick(1)
        for lease in leases.prefix(60) {
            bench.report(lease)
        }
        for _ in 0..<50 { bench.tick(1) }
        #expect(bench.core.snapshot().hedged == 3)
    }

    @Test func twoRunsShareThePoolInProportionToTheirWeights() {
        var bench = Bench { $0.runWeights = [String(repeating: "02", count: 16): 3] }
        bench.client("one", run: 1)
        bench.client("two", run: 2)
        // The first run has asked for far more, and earlier, and with a higher priority.
        for i in 0..<100 { bench.ask("one", "one \(i)", priority: 5, run: 1) }
        for i in 0..<100 { bench.ask("two", "two \(i)", run: 2) }
        bench.executor("e", slots: 36)
        let programs = bench.leases().map(\.request.program)
        #expect(programs.count == 40)
        #expect(programs.count { $0.hasPrefix("two") } == 30)
    }

    @Test func aRunThatComesLateDoesNotCatchUpOnWhatItDidNotAskFor() {
        var bench = Bench()
        bench.client("one", run: 1)
        for i in 0..<60 { bench.ask("one", "one \(i)", run: 1) }
        bench.executor("e", slots: 20)
        #expect(bench.leases().count == 22)
        bench.client("two", run: 2)
        for i in 0..<60 { bench.ask("two", "two \(i)", run: 2) }
        bench.executor("f", slots: 18)
        #expect(bench.leases(to: "f").count { $0.request.program.hasPrefix("two") } == 10)
    }

    @Test func whatIsLeftOfAGroupThatIsNearlyDoneGoesFirst() {
        var bench = Bench { $0.silenceSeconds = 1000 }
        bench.client("c")
        bench.executor("e", slots: 3)
        for i in 0..<3 { bench.ask("c", "a\(i)", group: (7, 4)) }
        for i in 0..<8 { bench.ask("c", "b\(i)", group: (8, 8)) }
        // The last of the first group comes after everything else.
        bench.ask("c", "a3", group: (7, 4))
        var order: [String] = []
        var held: [WireExecutionLease] = []
        while order.count < 12 {
            held += bench.leases()
            let lease = held.removeFirst()
            order.append(lease.request.program)
            bench.report("e", lease)
        }
        let place = order.firstIndex(of: "a3") ?? 99
        #expect(order.prefix(3) == ["a0", "a1", "a2"])
        #expect(place < 8, "\(order)")
    }

    @Test func aLowPriorityWaitsAMinutePerLevelAndNotForEver() {
        var bench = Bench { $0.silenceSeconds = 1000 }
        bench.client("c")
        bench.ask("c", "old", priority: 0)
        bench.now = 59
        bench.ask("c", "before", priority: 1)
        bench.now = 61
        bench.ask("c", "after", priority: 1)
        bench.executor("e", slots: 10)
        #expect(bench.leases().map(\.request.program) == ["before", "old", "after"])
    }

    @Test func whatNobodyWantsAnyMoreIsStopped() {
        var bench = Bench()
        bench.client("c")
        bench.executor("e", slots: 1)
        for i in 0..<3 { bench.ask("c", "\(i)") }
        let leases = bench.leases()
        #expect(leases.count == 2)
        bench.tick(2)
        bench.beat("e")
        // The client says nothing more; after fifty seconds it is forgotten.
        for _ in 0..<100 {
            bench.tick(0.5)
            bench.beat("e", leases.map(\.leaseID))
        }
        #expect(bench.core.snapshot().clients == 0)
        #expect(Set(bench.acknowledged()) == Set(leases.map(\.leaseID)))
        let statistics = bench.core.snapshot()
        #expect(statistics.dropped == 3 && statistics.isBalanced)
    }

    @Test func moreThanTheDispatcherHoldsIsAskedForAgainLater() {
        var bench = Bench { $0.maximumJobs = 2 }
        bench.client("c")
        for i in 0..<3 { bench.ask("c", "\(i)") }
        #expect(bench.core.snapshot().turnedAway == 1)
        bench.executor("e", slots: 4)
        for lease in bench.leases() { bench.report("e", lease) }
        bench.ask("c", "2")
        #expect(bench.leases().map(\.request.program) == ["2"])
    }
}

import Determinism
import Dispatching
import Foundation
import Programs
import Protocol
import Testing
import Transport

private let accepted = WireVerdict(Verdict(outcome: .accepted))

private func request(_ number: Int) -> (digest: Digest, wire: WireExecutionRequest) {
    let job = ExecutionJob(id: "", language: .python, program: "\(number)", tests: [])
    let digest = jobDigest(job)
    return (digest, WireExecutionRequest(job: job, digest: digest.bytes, priority: 0))
}

private func reply(
    _ digest: Digest,
    _ verdict: WireVerdict = accepted,
    untried: Bool = false
) -> WireEnvelope.OneOf_Body {
    var reply = WireExecutionReply()
    reply.jobDigest = Data(digest.bytes)
    reply.verdict = verdict
    reply.untried = untried
    return .executionReply(reply)
}

private func client(_ dispatchers: [String] = ["a", "b"], silenceSeconds: Double = 5) -> ClientCore {
    ClientCore(name: "client", repeatSeconds: 5, dispatchers: dispatchers, silenceSeconds: silenceSeconds)
}

/// Whom the requests among `messages` go to.
private func asked(_ messages: [ClientCore.Message]) -> [Int] {
    messages.compactMap { if case .executionRequest = $0.body { $0.dispatcher } else { nil } }
}

/// A job that goes to `dispatcher` of two called a and b first.
private func job(of dispatcher: Int) -> (digest: Digest, wire: WireExecutionRequest) {
    let order = RendezvousOrder(names: ["a", "b"])
    guard let job = (0..<100).lazy.map(request).first(where: { order.order(of: $0.digest)[0] == dispatcher }) else {
        preconditionFailure("one of a hundred jobs goes to either of two")
    }
    return job
}

private func counts(_ accounts: ProgramAccounts) -> [Int] {
    [accounts.issued, accounts.accepted, accounts.expired, accounts.outstanding]
}

struct SeveralDispatchersTests {
    /// Of 3,000 jobs 1,000 go to each of three, ± 5 standard deviations of √(3000 · ⅓ · ⅔) = 26.
    @Test func jobsAreDividedEvenly() {
        let order = RendezvousOrder(names: ["tcp://10.0.0.1:6003", "tcp://10.0.0.2:6003", "tcp://10.0.0.3:6003"])
        var counts = [0, 0, 0]
        for i in 0..<3000 { counts[order.order(of: request(i).digest)[0]] += 1 }
        for count in counts { #expect((870...1130).contains(count)) }
    }

    @Test func whenOneIsAddedOnlyItsOwnShareMoves() {
        let three = ["a", "b", "c"]
        let four = ["a", "b", "c", "d"]
        var moved = 0
        for i in 0..<4000 {
            let digest = request(i).digest
            let before = three[RendezvousOrder(names: three).order(of: digest)[0]]
            let after = four[RendezvousOrder(names: four).order(of: digest)[0]]
            if before != after {
                moved += 1
                #expect(after == "d")
            }
        }
        // A quarter, ± 5 standard deviations of √(4000 · ¼ · ¾) = 27.
        #expect((865...1135).contains(moved))
    }

    @Test func theOrderInWhichTheyAreNamedDoesNotMatter() {
        let names = ["x", "y", "z"]
        for i in 0..<100 {
            let digest = request(i).digest
            let one = RendezvousOrder(names: names).order(of: digest).map { names[$0] }
            let other = RendezvousOrder(names: names.reversed()).order(of: digest).map { Array(names.reversed())[$0] }
            #expect(one == other)
        }
    }

    @Test func aSilentDispatchersJobsGoToTheNextAndItsLateVerdictCountsForNothing() {
        var client = client()
        let job = job(of: 0)
        #expect(client.ask(job.digest, job.wire, now: 0)?.dispatcher == 0)
        _ = client.receive(.welcome(WireWelcome()), from: 0, now: 0)
        for now in [1.0, 2, 3, 4] {
            _ = client.receive(.heartbeat(WireHeartbeat()), from: 1, now: now)
            #expect(asked(client.beat(now: now)).isEmpty)
        }
        _ = client.receive(.heartbeat(WireHeartbeat()), from: 1, now: 5)
        #expect(asked(client.beat(now: 5.5)) == [1])
        #expect(client.silent == 1)
        #expect(client.takeNotes().first?.contains("the dispatcher at a has said nothing for 5 s") == true)
        #expect(client.receive(reply(job.digest), from: 1, now: 6).verdicts.count == 1)
        // The first comes back and has judged it as well.
        let late = client.receive(reply(job.digest), from: 0, now: 7)
        #expect(late.verdicts.isEmpty && late.send.isEmpty)
        #expect(client.takeNotes() == ["the dispatcher at a is back"])
        let accounts = client.accounts
        #expect(accounts.issued == 1 && accounts.accepted == 1 && accounts.moved == 1 && accounts.late == 1)
        #expect(accounts.isBalanced)
    }

    @Test func whenItIsBackNewJobsGoToItAndOldOnesStay() {
        var client = client()
        let order = RendezvousOrder(names: ["a", "b"])
        let own = (0..<100).map(request).filter { order.order(of: $0.digest)[0] == 0 }
        _ = client.receive(.welcome(WireWelcome()), from: 1, now: 9)
        #expect(client.ask(own[0].digest, own[0].wire, now: 9)?.dispatcher == 0)
        #expect(asked(client.beat(now: 9)) == [1])
        #expect(client.ask(own[1].digest, own[1].wire, now: 9)?.dispatcher == 1)
        _ = client.receive(.welcome(WireWelcome()), from: 0, now: 10)
        #expect(client.ask(own[2].digest, own[2].wire, now: 10)?.dispatcher == 0)
        // Overdue ones are asked for again where they are.
        #expect(asked(client.beat(now: 13.9)).isEmpty)
        #expect(asked(client.beat(now: 14)).sorted() == [1, 1])
    }

    @Test func whileAllAreSilentNothingMovesAndNothingIsAVerdict() {
        var client = client()
        let job = job(of: 1)
        _ = client.ask(job.digest, job.wire, now: 0)
        #expect(asked(client.beat(now: 100)) == [1])
        #expect(client.silent == 2)
        #expect(client.outstanding == 1)
    }

    @Test func aJobThatNobodyTriedGoesOnAndTheLanguageIsPassedOver() {
        var client = client()
        let job = job(of: 0)
        let failure = WireVerdict(Verdict(outcome: .infrastructureFailure, diagnostics: "there are no executors"))
        _ = client.ask(job.digest, job.wire, now: 0)
        let outcome = client.receive(reply(job.digest, failure, untried: true), from: 0, now: 1)
        #expect(outcome.verdicts.isEmpty)
        #expect(asked(outcome.send) == [1])
        // The next job of that language does not wait there again, for half a minute.
        let order = RendezvousOrder(names: ["a", "b"])
        let others = (0..<100).map(request).filter { order.order(of: $0.digest)[0] == 0 && $0.digest != job.digest }
        #expect(client.ask(others[0].digest, others[0].wire, now: 2)?.dispatcher == 1)
        #expect(client.ask(others[1].digest, others[1].wire, now: 31)?.dispatcher == 0)
        // When no dispatcher has an executor for it, that is what became of the job.
        let last = client.receive(reply(job.digest, failure, untried: true), from: 1, now: 3)
        #expect(last.verdicts.map(\.verdict) == [failure])
        #expect(client.accounts.quarantined == 1)
    }

    @Test func aDispatcherThatStopsIsLeftAtOnce() {
        var client = client()
        let job = job(of: 0)
        _ = client.ask(job.digest, job.wire, now: 1)
        _ = client.receive(.welcome(WireWelcome()), from: 1, now: 1)
        _ = client.receive(.bye(WireBye()), from: 0, now: 1)
        #expect(asked(client.beat(now: 1.5)) == [1])
    }

    @Test func oneDispatcherAloneIsNeverLeft() {
        var client = client(["a"], silenceSeconds: 5)
        let (digest, wire) = request(1)
        _ = client.ask(digest, wire, now: 0)
        #expect(asked(client.beat(now: 1000)) == [0])
        #expect(client.silent == 0)
    }

    @Test func aDispatcherAnswersTheHeartbeatsOfClientsThatTellATime() {
        var client = client()
        var dispatcher = DispatcherCore(options: DispatcherOptions(), firstLease: 2)
        func send(_ body: WireEnvelope.OneOf_Body) {
            var envelope = WireEnvelope()
            envelope.incarnation = Data([1])
            envelope.body = body
            dispatcher.receive(envelope, bytes: 1, from: PeerID(bytes: [1]), .client, now: 0)
        }
        send(client.hello()[0].body)
        _ = dispatcher.takeEffects()
        send(client.beat(now: 0)[0].body)
        let answers = dispatcher.takeEffects().count {
            if case .send(let message) = $0, case .heartbeat = message.body { true } else { false }
        }
        #expect(answers == 1)
    }

    @Test func theAccountsOfAllWorkersAreAddedUpAndThoseWhoLeftLeaveNothingOutstanding() {
        var ledger = ProgramLedger(silenceSeconds: 2, capacity: 2)
        var accounts = ProgramAccounts()
        (accounts.issued, accounts.accepted, accounts.outstanding) = (10, 7, 3)
        ledger.take(accounts, from: [1], now: 0)
        (accounts.issued, accounts.accepted, accounts.outstanding) = (5, 5, 0)
        ledger.take(accounts, from: [2], now: 3)
        var total = ledger.total(now: 3)
        #expect(counts(total) == [15, 12, 3, 0] as [Int])
        // It was only away.
        (accounts.issued, accounts.accepted, accounts.outstanding) = (10, 8, 2)
        ledger.take(accounts, from: [1], now: 4)
        total = ledger.total(now: 4)
        #expect(counts(total) == [15, 13, 0, 2] as [Int])
        // A third one: the accounts of the one forgotten stay in the sum.
        ledger.take(ProgramAccounts(), from: [3], now: 5)
        total = ledger.total(now: 5)
        #expect(total.issued == 15 && total.isBalanced)
    }

    @Test func aWelcomeNamesAllDispatchersInTheirOrder() {
        let endpoints = (1...12).map { "tcp://10.0.0.\($0):6003" }
        #expect(programEndpoints(in: programEndpoints(endpoints)) == endpoints)
        #expect(programEndpoints([endpoints[0]]) == ["programs": endpoints[0]])
        #expect(programEndpoints(in: ["bulk": "x"]).isEmpty)
    }
}

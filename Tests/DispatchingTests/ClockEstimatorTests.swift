import Determinism
import Dispatching
import Foundation
import Programs
import Protocol
import Testing
import Transport

struct ClockEstimatorTests {
    @Test func theOffsetIsNTPsAndItsErrorHalfOfTheRoundTrip() throws {
        var clock = ClockEstimator()
        #expect(clock.offset(now: 0) == nil)
        // The other clock shows 100 s less. There 10 ms, thought over 30 ms, back 2 ms.
        clock.take(sent: 1000, received: 900.010, answered: 900.040, returned: 1000.042)
        let offset = try #require(clock.offset(now: 1000.042))
        #expect(abs(offset.seconds - 99.996) < 1e-9)
        // (42 − 30) / 2 ms, the rounding and the drift of 42 ms.
        #expect(abs(offset.error - (0.006 + 1e-6 + 1.5e-4 * 0.042)) < 1e-9)
        #expect(abs(offset.seconds - 100) <= offset.error)
    }

    @Test func theShortestRoundTripIsKeptUntilTheClocksMayHaveDriftedFurther() throws {
        var clock = ClockEstimator()
        clock.take(sent: 10, received: 10.001, answered: 10.001, returned: 10.002)
        // A round trip of 9 ms is worse by 3.5 ms, which drift makes good after 35 s.
        clock.take(sent: 20, received: 20.008, answered: 20.008, returned: 20.009)
        #expect(abs(try #require(clock.offset(now: 20.009)).seconds) < 1e-9)
        clock.take(sent: 46, received: 46.008, answered: 46.008, returned: 46.009)
        #expect(abs(try #require(clock.offset(now: 46.009)).seconds + 0.0035) < 1e-9)
    }

    @Test func aClockThatWasSetIsBelievedAnew() throws {
        var clock = ClockEstimator()
        clock.take(sent: 10, received: 10.0005, answered: 10.0005, returned: 10.001)
        // A worse measurement, but it excludes the one before.
        clock.take(sent: 11, received: 16.002, answered: 16.002, returned: 11.004)
        #expect(abs(try #require(clock.offset(now: 11.004)).seconds + 5) < 1e-6)
    }

    @Test func whatCannotBeIsIgnored() {
        var clock = ClockEstimator()
        clock.take(sent: 10, received: 10, answered: 10.5, returned: 10.4)
        clock.take(sent: 10, received: 11, answered: 10, returned: 12)
        clock.take(sent: 0, received: 11, answered: 11, returned: 12)
        clock.take(sent: 10, received: .nan, answered: .nan, returned: 12)
        clock.take(WireHeartbeat(), now: 12)
        #expect(clock.offset(now: 12) == nil)
    }

    /// Answers get lost, come twice, late and in another order; one way is up to 200 times as slow as the other; the clocks
    /// drift as far as they may.
    @Test func howeverBadTheNetworkTheTruthIsWithinTheErrorAndTheErrorWithinHalfOfTheBestRoundTrip() throws {
        var checks = 0
        var least = Double.infinity
        for seed in 0..<200 as Range<UInt64> {
            var random = RandomKey(seed: seed, path: 1).generator()
            func uniform(_ range: ClosedRange<Double>) -> Double { .random(in: range, using: &random) }
            let (offset, rate) = (uniform(-1e4...1e4), uniform(-0.99...0.99) * ClockEstimator.drift)
            let ways = (there: uniform(1e-4...2e-2), back: uniform(1e-4...2e-2))
            // The other clock, and by how much the own is ahead, at a time of the own one.
            func other(_ now: Double) -> Double { now - offset - rate * now }
            var answers: [(sent: Double, received: Double, answered: Double, returned: Double)] = []
            for beat in 0..<120 where uniform(0...1) < 0.7 {
                let sent = 1e9 + 0.5 * Double(beat)
                let arrived = sent + ways.there - log(uniform(1e-9...1)) * ways.there
                let left = arrived + (uniform(0...1) < 0.2 ? uniform(0...0.5) : 1e-5)
                for _ in 0..<(uniform(0...1) < 0.1 ? 2 : 1) {
                    let returned =
                        left + ways.back - log(uniform(1e-9...1)) * ways.back * (uniform(0...1) < 0.1 ? 200 : 1)
                    answers.append((sent, other(arrived), other(left), returned))
                }
            }
            answers.sort { $0.returned < $1.returned }
            var clock = ClockEstimator()
            for (count, answer) in answers.enumerated() {
                let now = answer.returned
                clock.take(sent: answer.sent, received: answer.received, answered: answer.answered, returned: now)
                let found = try #require(clock.offset(now: now))
                #expect(abs(found.seconds - (offset + rate * now)) <= found.error, "seed \(seed), answer \(count)")
                for known in answers.prefix(count + 1).suffix(20) {
                    let trip = (known.returned - known.sent) - (known.answered - known.received)
                    let drifted = ClockEstimator.drift * (now - known.returned + 1.5 * (known.returned - known.sent))
                    #expect(found.error <= trip / 2 + drifted + 2e-6)
                    checks += 1
                }
                least = min(least, found.error)
            }
        }
        // It saw something, and good networks gave good estimates.
        #expect(checks > 100_000 && least < 1e-3)
    }

    private static let executor = PeerID(bytes: [1])

    /// An executor whose clock is 50 s ahead, 20 ms away from its dispatcher.
    @Test func aJudgingIsPlacedOnTheDispatchersClock() throws {
        var executor = ExecutorCore(name: "e", slots: 1, toolChains: ["python": "3"], epoch: 1050)
        var dispatcher = DispatcherCore(options: DispatcherOptions(), firstLease: 2, epoch: 1000)
        func deliver(_ body: WireEnvelope.OneOf_Body, as side: DispatcherSide = .executor, now: Double) -> [WireEnvelope
            .OneOf_Body]
        {
            var envelope = WireEnvelope()
            envelope.incarnation = Data([1])
            envelope.body = body
            dispatcher.receive(envelope, bytes: 1, from: Self.executor, side, now: now)
            return dispatcher.takeEffects().compactMap { if case .send(let message) = $0 { message.body } else { nil } }
        }
        func beat(at now: Double) throws {
            let sent = executor.beat(now: now).compactMap { effect -> WireEnvelope.OneOf_Body? in
                if case .send(let body) = effect { body } else { nil }
            }
            let answers = sent.flatMap { deliver($0, now: now + 0.02) }
            try #require(answers.count == 1)
            _ = executor.receive(answers[0], now: now + 0.04)
        }
        _ = deliver(executor.hello(), now: 0)
        try beat(at: 1)
        try beat(at: 2)
        let clock = try #require(dispatcher.executorStates(now: 2.02).first?.clock)
        #expect(abs(clock.seconds - 50) < 1e-6 && clock.error > 0.02 && clock.error < 0.0203)
        var hello = WireHello()
        hello.role = .client
        _ = deliver(.hello(hello), as: .client, now: 3)
        let job = ExecutionJob(id: "", language: .python, program: "", tests: [])
        let request = WireExecutionRequest(job: job, digest: jobDigest(job).bytes, priority: 0)
        let leases = deliver(.executionRequest(request), as: .client, now: 3)
        guard case .executionLease(let lease)? = leases.first else { throw NoLease() }
        _ = executor.receive(.executionLease(lease), now: 3.02)
        for case .send(let body) in executor.finished(lease.leaseID, WireVerdict(Verdict(outcome: .accepted)), now: 3.5)
        {
            _ = deliver(body, now: 3.52)
        }
        let span = try #require(dispatcher.takeInterval(now: 4).interval.spans.first)
        #expect(abs(span.start - 1003) < 1e-6 && abs(span.end - 1003.52) < 1e-6)
        #expect(abs(try #require(span.judgingStart) - 1003.02) < 1e-6)
        #expect(abs(try #require(span.judgingEnd) - 1003.5) < 1e-6)
    }

    private struct NoLease: Error {}

    @Test func aWorkerThatTellsTheTimeIsToldIt() throws {
        let peer = PeerID(bytes: [7])
        var board = ShardBoard(
            welcome: WireWelcome(),
            leaseSeconds: 10,
            silenceSeconds: 3,
            firstLease: 1,
            epoch: 500
        )
        var hello = WireHello()
        hello.role = .rolloutWorker
        board.receive(.hello(hello), from: peer, now: 1)
        board.receive(.heartbeat(WireHeartbeat()), from: peer, now: 1.5)
        let told = ClockOffset(seconds: -3, error: 0.001)
        board.receive(.heartbeat(WireHeartbeat(sequence: 9, now: 499, clock: told)), from: peer, now: 2)
        let answers = board.takeEffects().compactMap { effect -> WireHeartbeat? in
            if case .send(.heartbeat(let beat), _) = effect { beat } else { nil }
        }
        #expect(answers.map(\.sequence) == [0, 9] && answers.map(\.answered) == [0, 499])
        #expect(answers.map(\.received) == [0, 502] && answers.map(\.sent) == [0, 502])
        #expect(board.clock(of: peer) == told && board.workerStates(now: 2).first?.clock == told)
    }
}

import Determinism
import Dispatching
import Foundation
import Programs
import Protocol
import Synchronization
import Testing
import Transport

/// An executor that says what it likes, over a real connection.
private final class Impostor: Sendable {
    private let channel: any ClientChannel
    private let incarnation = EnvelopeCodec.newIdentifier()

    init(_ provider: any ChannelProvider, at endpoint: String, name: String, running: [UInt64] = []) async throws {
        channel = try await provider.client(connecting: endpoint, options: .executors)
        try await hello(name, running: running)
    }

    func hello(_ name: String, running: [UInt64]) async throws {
        var hello = WireHello()
        hello.role = .executor
        hello.name = name
        hello.slots = 1
        hello.toolChains = ["python": "3"]
        hello.runningLeases = running
        try await send(.hello(hello))
    }

    func send(_ body: WireEnvelope.OneOf_Body) async throws {
        try await channel.send(
            try EnvelopeCodec.encode(body, runID: [], incarnation: incarnation),
            timeout: .seconds(10)
        )
    }

    func next() async throws -> WireEnvelope.OneOf_Body? {
        let frame = try #require(try await channel.receive(timeout: .seconds(20)))
        return try EnvelopeCodec.decode(frame).body
    }

    func lease() async throws -> WireExecutionLease {
        while true {
            if case .executionLease(let lease) = try await next() { return lease }
        }
    }

    func answer(_ lease: UInt64, _ digest: Data, _ outcome: Verdict.Outcome = .accepted, says: String) async throws {
        var result = WireExecutionResult()
        result.leaseID = lease
        result.jobDigest = digest
        result.verdict = WireVerdict(Verdict(outcome: outcome, diagnostics: says))
        try await send(.executionResult(result))
    }

    /// Answers, and hears why that counts for nothing.
    func refusal(_ lease: UInt64, _ digest: Data, _ outcome: Verdict.Outcome = .accepted) async throws -> String {
        try await answer(lease, digest, outcome, says: "forged")
        while true {
            if case .refusal(let refusal) = try await next() { return refusal.reason }
        }
    }
}

struct ForgedLeaseTests {
    private func job(_ i: Int) -> ExecutionJob {
        ExecutionJob(id: "\(i)", language: .python, program: "print(\(i))", tests: [])
    }

    @Test(.timeLimit(.minutes(1)))
    func onlyWhoWasGivenALeaseCanAnswerItAndOthersAreRefusedNamedAndCounted() async throws {
        let transport = try ZeroMQTransport(security: .plainLoopback)
        let clients = try await transport.server(binding: "tcp://127.0.0.1:*", options: .execution)
        let executors = try await transport.server(binding: "tcp://127.0.0.1:*", options: .executors)
        var options = ExecutionDispatcher.Options()
        options.silenceSeconds = 60
        options.leaseSeconds = 60
        let notes = Mutex<[String]>([])
        let dispatcher = ExecutionDispatcher(clients: clients, executors: executors, options: options) { note in
            notes.withLock { $0.append(note) }
        }
        let serving = Task { try await dispatcher.run() }
        let client = ExecutionClient(
            channel: try await transport.client(connecting: clients.endpoint, options: .execution)
        )
        async let first = client.judge(job(0))
        let holder = try await Impostor(transport, at: executors.endpoint, name: "holder")
        let lease = try await holder.lease()
        let digest = lease.request.jobDigest
        let lease0 = lease.leaseID
        // It says that it works on the other's lease, and on the next one, which nobody has yet.
        let forger = try await Impostor(
            transport,
            at: executors.endpoint,
            name: "forger",
            running: [lease0, lease0 + 1]
        )
        let prefix = "the result counts for nothing: lease "
        #expect(try await forger.refusal(lease0, digest) == prefix + "\(lease0) is another executor's")
        #expect(try await forger.refusal(lease0 + 1, digest) == prefix + "\(lease0 + 1) was never given to it")
        #expect(try await forger.refusal(12_345, digest) == prefix + "12345 was never given to it")
        // A lease cannot be lost by somebody who does not have it, either.
        let failure = Verdict.Outcome.infrastructureFailure
        #expect(try await forger.refusal(lease0, digest, failure) == prefix + "\(lease0) is another executor's")
        #expect(
            try await holder.refusal(lease0, Data(repeating: 1, count: 32)) == prefix + "\(lease0) is of another job"
        )
        #expect(await dispatcher.snapshot().running == 1)
        try await holder.answer(lease0, digest, says: "honest")
        #expect(try await first.diagnostics == "honest")

        // The second attempt at a job: a stranger to the first one cannot answer for it. The stranger comes when the first
        // attempt is out, so that it is the holder's.
        try await forger.send(.bye(WireBye()))
        while await dispatcher.snapshot().slots > 1 { try await Task.sleep(for: .milliseconds(5)) }
        async let second = client.judge(job(1))
        let retried = try await holder.lease()
        let stranger = try await Impostor(transport, at: executors.endpoint, name: "stranger")
        try await holder.send(.bye(WireBye()))
        let again = try await stranger.lease()
        #expect(again.request.jobDigest == retried.request.jobDigest)
        #expect(again.leaseID != retried.leaseID)
        #expect(
            try await stranger.refusal(retried.leaseID, again.request.jobDigest)
                == prefix + "\(retried.leaseID) is another executor's"
        )
        try await stranger.answer(again.leaseID, again.request.jobDigest, says: "the second attempt")
        #expect(try await second.diagnostics == "the second attempt")

        let statistics = await dispatcher.snapshot()
        #expect(statistics.forged == 6)
        #expect(statistics.completed == 2)
        #expect(statistics.duplicates == 0)
        #expect(statistics.isBalanced)
        let text = notes.withLock { $0.joined(separator: "\n") }
        #expect(text.contains("a result of forger was refused: lease \(lease0) is another executor's"), "\(text)")
        // The first, the second and the fourth of six: whoever does it for ever does not fill the log.
        #expect(notes.withLock { $0.count(where: { $0.contains("was refused") }) } == 3, "\(text)")
        serving.cancel()
        try await serving.value
        await transport.close()
    }
}

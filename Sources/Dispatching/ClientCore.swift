package import Determinism
package import Protocol

/// What a client of a dispatcher knows: which jobs have no verdict yet, and when each was last asked for.
///
/// Pure: messages and the time go in, messages and verdicts come out.
package struct ClientCore: Sendable {
    private struct Outstanding: Sendable {
        let request: WireExecutionRequest
        var asked: Double
    }

    /// What came of a message.
    package struct Outcome: Sendable {
        package var send: [WireEnvelope.OneOf_Body] = []
        package var verdicts: [(digest: Digest, verdict: WireVerdict)] = []
    }

    private let name: String
    private let repeatSeconds: Double
    private var jobs: [Digest: Outstanding] = [:]
    private var sequence: UInt64 = 0
    /// The last reason the dispatcher gave for not taking a message.
    package private(set) var lastRefusal: String?

    /// - Parameters:
    ///   - name: What the dispatcher knows this client as.
    ///   - repeatSeconds: How often a job without a verdict is asked for again, seconds.
    package init(name: String, repeatSeconds: Double) {
        self.name = name
        self.repeatSeconds = repeatSeconds
    }

    /// Jobs without a verdict.
    package var outstanding: Int { jobs.count }

    package func hello() -> WireEnvelope.OneOf_Body {
        var hello = WireHello()
        hello.role = .client
        hello.name = name
        return .hello(hello)
    }

    /// Asks for the verdict on a job.
    ///
    /// - Returns: the message to send; nil when it was asked for already.
    package mutating func ask(
        _ digest: Digest,
        _ request: WireExecutionRequest,
        now: Double
    ) -> WireEnvelope.OneOf_Body? {
        guard jobs[digest] == nil else { return nil }
        jobs[digest] = Outstanding(request: request, asked: now)
        return .executionRequest(request)
    }

    /// The verdict is no longer wanted.
    package mutating func abandon(_ digest: Digest) { jobs[digest] = nil }

    /// Says that this client lives, and asks again for what is overdue.
    package mutating func beat(now: Double) -> [WireEnvelope.OneOf_Body] {
        sequence += 1
        var heartbeat = WireHeartbeat()
        heartbeat.sequence = sequence
        return [.heartbeat(heartbeat)] + askAgain(after: repeatSeconds, now: now)
    }

    private mutating func askAgain(after seconds: Double, now: Double) -> [WireEnvelope.OneOf_Body] {
        let due = jobs.filter { now - $0.value.asked >= seconds }.sorted {
            $0.key.bytes.lexicographicallyPrecedes($1.key.bytes)
        }
        for (digest, _) in due { jobs[digest]?.asked = now }
        return due.map { .executionRequest($0.value.request) }
    }

    /// A message came from the dispatcher.
    package mutating func receive(_ body: WireEnvelope.OneOf_Body, now: Double) -> Outcome {
        var outcome = Outcome()
        switch body {
        case .executionReply(let reply):
            // A second copy, or one for somebody who no longer waits, changes nothing.
            if let digest = Digest(bytes: Array(reply.jobDigest)), jobs.removeValue(forKey: digest) != nil {
                outcome.verdicts = [(digest, reply.verdict)]
            }
        case .refusal(let refusal):
            lastRefusal = refusal.reason
            // A dispatcher that does not know us has been restarted, and knows none of our jobs.
            if refusal.reason == "say hello first" { outcome.send = [hello()] }
        case .welcome: outcome.send = askAgain(after: 0, now: now)
        default: break
        }
        return outcome
    }
}

package import Determinism
internal import Programs
package import Protocol

/// What a client of one dispatcher or several knows: which jobs have no verdict yet, who was asked for each, and when.
///
/// Pure: messages and the time go in, messages and verdicts come out. With several dispatchers a job goes to the one that
/// comes first in its ``RendezvousOrder``; to the next when that one says nothing, or has no executor for the language; jobs
/// that come later go to it again once it is back. A job has one name everywhere, so that the first verdict counts, whoever
/// gives it, and any other changes nothing.
package struct ClientCore: Sendable {
    private struct Outstanding: Sendable {
        let request: WireExecutionRequest
        /// Who was asked last, and when.
        var holder: Int
        var asked: Double
        /// Those that gave it back because no executor of theirs knows the language.
        var untried: Set<Int> = []
    }

    private struct Dispatcher: Sendable {
        let name: String
        var heard: Double
        var isSilent = false
        /// Until when it counts as having no executors for a language.
        var lacks: [String: Double] = [:]
    }

    /// A message to one of the dispatchers.
    package struct Message: Sendable {
        package let dispatcher: Int
        package let body: WireEnvelope.OneOf_Body
    }

    /// What came of a message.
    package struct Outcome: Sendable {
        package var send: [Message] = []
        package var verdicts: [(digest: Digest, verdict: WireVerdict)] = []
    }

    private let name: String
    private let repeatSeconds: Double
    private let silenceSeconds: Double
    private let ranking: RendezvousOrder
    private var dispatchers: [Dispatcher]
    private var jobs: [Digest: Outstanding] = [:]
    private var sequence: UInt64 = 0
    private var counts = ProgramAccounts()
    private var notes: [String] = []
    /// The last reason a dispatcher gave for not taking a message.
    package private(set) var lastRefusal: String?

    /// How long a dispatcher that has no executor for a language is passed over for it, seconds.
    private static let lackSeconds = 30.0

    /// - Parameters:
    ///   - name: What the dispatchers know this client as.
    ///   - repeatSeconds: How often a job without a verdict is asked for again, seconds.
    ///   - dispatchers: Their names, all different; all clients must use the same.
    ///   - silenceSeconds: After this long without a word from one of several dispatchers its jobs go to others, seconds.
    ///   - now: The time, seconds.
    package init(
        name: String,
        repeatSeconds: Double,
        dispatchers: [String] = ["dispatcher"],
        silenceSeconds: Double = .infinity,
        now: Double = 0
    ) {
        precondition(!dispatchers.isEmpty, "a client has a dispatcher")
        self.name = name
        self.repeatSeconds = repeatSeconds
        self.silenceSeconds = silenceSeconds
        ranking = RendezvousOrder(names: dispatchers)
        self.dispatchers = dispatchers.map { Dispatcher(name: $0, heard: now) }
    }

    /// Jobs without a verdict.
    package var outstanding: Int { jobs.count }

    /// What became of all jobs.
    package var accounts: ProgramAccounts {
        var accounts = counts
        accounts.outstanding = jobs.count
        return accounts
    }

    /// Dispatchers that say nothing.
    package var silent: Int { dispatchers.count { $0.isSilent } }

    /// What people should know since the last call.
    package mutating func takeNotes() -> [String] {
        defer { notes = [] }
        return notes
    }

    /// What is said first to each dispatcher.
    package func hello() -> [Message] { dispatchers.indices.map { hello(to: $0) } }

    private func hello(to dispatcher: Int) -> Message {
        var hello = WireHello()
        hello.role = .client
        hello.name = name
        return Message(dispatcher: dispatcher, body: .hello(hello))
    }

    /// Whom to ask for the verdict on a job: who was asked already, or would be now.
    package func dispatcher(for digest: Digest, language: String, now: Double) -> Int {
        jobs[digest]?.holder ?? place(digest, language: language, untried: [], now: now)
    }

    private func place(_ digest: Digest, language: String, untried: Set<Int>, now: Double) -> Int {
        guard dispatchers.count > 1 else { return 0 }
        let order = ranking.order(of: digest)
        let alive = order.filter { !untried.contains($0) && !dispatchers[$0].isSilent }
        return alive.first { now >= dispatchers[$0].lacks[language] ?? now } ?? alive.first
            ?? order.first { !untried.contains($0) } ?? order[0]
    }

    /// Asks for the verdict on a job.
    ///
    /// - Returns: the message to send; nil when it was asked for already.
    package mutating func ask(_ digest: Digest, _ request: WireExecutionRequest, now: Double) -> Message? {
        guard jobs[digest] == nil else { return nil }
        let holder = dispatcher(for: digest, language: request.language, now: now)
        jobs[digest] = Outstanding(request: request, holder: holder, asked: now)
        counts.issued += 1
        return Message(dispatcher: holder, body: .executionRequest(request))
    }

    /// The verdict is no longer wanted.
    package mutating func abandon(_ digest: Digest) {
        if jobs.removeValue(forKey: digest) != nil { counts.expired += 1 }
    }

    /// Says that this client lives, asks again for what is overdue, and asks others for what a silent dispatcher has.
    package mutating func beat(now: Double) -> [Message] {
        sequence += 1
        var heartbeat = WireHeartbeat()
        heartbeat.sequence = sequence
        // One that tells a time is answered: that is how several dispatchers are known to live.
        if dispatchers.count > 1 { heartbeat.sent = now + 1 }
        var messages = dispatchers.indices.map { Message(dispatcher: $0, body: .heartbeat(heartbeat)) }
        noticeSilence(now: now)
        messages += leaveTheSilent(now: now)
        return messages + askAgain(after: repeatSeconds, now: now)
    }

    private mutating func noticeSilence(now: Double) {
        guard dispatchers.count > 1 else { return }
        for i in dispatchers.indices where !dispatchers[i].isSilent && now - dispatchers[i].heard > silenceSeconds {
            dispatchers[i].isSilent = true
            let count = jobs.values.count { $0.holder == i }
            notes.append(
                "the dispatcher at \(dispatchers[i].name) has said nothing for \(Int(now - dispatchers[i].heard)) s; "
                    + "its programs (\(count) now) go to the others"
            )
        }
    }

    /// Asks others for the jobs of silent dispatchers, as long as somebody is not silent.
    private mutating func leaveTheSilent(now: Double) -> [Message] {
        guard dispatchers.contains(where: \.isSilent) else { return [] }
        var messages: [Message] = []
        for (digest, job) in sorted(jobs.filter { dispatchers[$0.value.holder].isSilent }) {
            var job = job
            // When all that live have given it back, they are asked again: somebody may have got an executor meanwhile.
            if !hasUntried(job) { job.untried = [] }
            let next = place(digest, language: job.request.language, untried: job.untried, now: now)
            guard !dispatchers[next].isSilent else { continue }
            messages.append(move(digest, job, to: next, now: now))
        }
        return messages
    }

    /// Whether a dispatcher that is not silent has not given the job back.
    private func hasUntried(_ job: Outstanding) -> Bool {
        dispatchers.indices.contains { !dispatchers[$0].isSilent && !job.untried.contains($0) }
    }

    private mutating func move(_ digest: Digest, _ job: Outstanding, to next: Int, now: Double) -> Message {
        jobs[digest] = Outstanding(request: job.request, holder: next, asked: now, untried: job.untried)
        counts.moved += 1
        return Message(dispatcher: next, body: .executionRequest(job.request))
    }

    private mutating func askAgain(after seconds: Double, of dispatcher: Int? = nil, now: Double) -> [Message] {
        let due = sorted(
            jobs.filter { now - $0.value.asked >= seconds && (dispatcher == nil || dispatcher == $0.value.holder) }
        )
        for (digest, _) in due { jobs[digest]?.asked = now }
        return due.map { Message(dispatcher: $0.value.holder, body: .executionRequest($0.value.request)) }
    }

    /// In an order that depends on nothing but the jobs.
    private func sorted(_ jobs: [Digest: Outstanding]) -> [(key: Digest, value: Outstanding)] {
        jobs.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
    }

    /// A message came from one of the dispatchers.
    package mutating func receive(_ body: WireEnvelope.OneOf_Body, from dispatcher: Int = 0, now: Double) -> Outcome {
        var outcome = Outcome()
        dispatchers[dispatcher].heard = now
        if dispatchers[dispatcher].isSilent {
            dispatchers[dispatcher].isSilent = false
            notes.append("the dispatcher at \(dispatchers[dispatcher].name) is back")
        }
        switch body {
        case .executionReply(let reply): take(reply, from: dispatcher, into: &outcome, now: now)
        case .refusal(let refusal):
            lastRefusal = refusal.reason
            // A dispatcher that does not know us has been restarted, and knows none of our jobs.
            if refusal.reason == "say hello first" { outcome.send = [hello(to: dispatcher)] }
        case .welcome: outcome.send = askAgain(after: 0, of: dispatcher, now: now)
        case .bye:
            // It stops, and says so: nobody need wait until its silence is noticed.
            dispatchers[dispatcher].heard = now - silenceSeconds
        default: break
        }
        return outcome
    }

    private mutating func take(
        _ reply: WireExecutionReply,
        from dispatcher: Int,
        into outcome: inout Outcome,
        now: Double
    ) {
        guard let digest = Digest(bytes: Array(reply.jobDigest)) else { return }
        guard var job = jobs[digest] else {
            // A second copy, or one for somebody who no longer waits, changes nothing.
            counts.late += 1
            return
        }
        if reply.untried, dispatchers.count > 1 {
            let language = job.request.language
            dispatchers[dispatcher].lacks[language] = now + Self.lackSeconds
            job.untried.insert(dispatcher)
            jobs[digest]?.untried = job.untried
            if job.untried.count < dispatchers.count {
                guard job.holder == dispatcher else { return }
                // Those that are left are silent: nothing can be said of the job yet.
                if !hasUntried(job) { job.untried = [dispatcher] }
                let next = place(digest, language: language, untried: job.untried, now: now)
                outcome.send = [move(digest, job, to: next, now: now)]
                return
            }
        }
        jobs[digest] = nil
        let isJudged = reply.verdict.outcome != Verdict.Outcome.infrastructureFailure.rawValue
        if isJudged { counts.accepted += 1 } else { counts.quarantined += 1 }
        outcome.verdicts = [(digest, reply.verdict)]
    }
}

/// The dispatchers' endpoints as a welcome names them: "programs" is the first, "programs.2" the second and so on.
package func programEndpoints(_ endpoints: [String]) -> [String: String] {
    Dictionary(
        uniqueKeysWithValues: endpoints.enumerated().map {
            ($0.offset == 0 ? "programs" : "programs.\($0.offset + 1)", $0.element)
        }
    )
}

/// The dispatchers' endpoints that a welcome names; none: it names none.
package func programEndpoints(in named: [String: String]) -> [String] {
    var endpoints: [String] = []
    while let next = named[endpoints.isEmpty ? "programs" : "programs.\(endpoints.count + 1)"] {
        endpoints.append(next)
    }
    return endpoints
}

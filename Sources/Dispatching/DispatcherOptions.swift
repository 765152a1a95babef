internal import Determinism
package import Programs
package import Protocol
package import Transport

/// A program whose verdict is known beforehand, for trying executors.
package struct Probe: Sendable {
    package let request: WireExecutionRequest
    /// What an executor in order says.
    package let expected: Verdict.Outcome

    /// A probe that judges `job`; its name is not that of any client's job.
    package init(job: ExecutionJob, expected: Verdict.Outcome) {
        let digest = jobDigest(job, salt: "ppocoder probe")
        request = WireExecutionRequest(job: job, digest: digest.bytes, priority: 0)
        self.expected = expected
    }
}

/// How a dispatcher behaves.
package struct DispatcherOptions: Sendable {
    /// What peers are told it is called.
    package var name = "dispatcher"
    /// 16 bytes that name the run; empty on a stand-alone pool, which serves every run.
    package var runID: [UInt8] = []
    /// How long a lease lasts without a renewal, seconds.
    package var leaseSeconds = 10.0
    /// How often peers are to be heard, seconds.
    package var heartbeatSeconds = 0.5
    /// Silence after which an executor counts as dead, seconds.
    package var silenceSeconds = 2.5
    /// How long a job waits for an executor that knows its language to appear, seconds.
    package var languageGraceSeconds = 30.0
    /// Verdicts remembered.
    package var cacheEntries = 8192
    /// Jobs outstanding at once; further ones are not taken, and asked for again by their clients.
    package var maximumJobs = 100_000
    /// Bytes of all jobs outstanding at once, likewise.
    package var maximumJobBytes = 2 << 30
    /// Different executors a job may cost before it is given up.
    package var maximumLosses = 3
    /// Shares of the runs that are not 1, by the run's identifier in hexadecimal digits.
    package var runWeights: [String: Double] = [:]
    /// Durations of a language's jobs that must be known before one that takes far longer gets a second executor, and the
    /// share of all leases that may be second ones.
    package var hedgeSamples = 20
    package var hedgedShare = 0.03
    /// By language: programs that a new executor judges before it is given more than one at a time; none: it is trusted.
    package var probes: [String: [Probe]] = [:]
    /// How often an executor is tried again, seconds.
    package var probeSeconds = 300.0
    /// How long an executor that failed is first left alone, seconds; doubled each time up to thirty-two times that.
    package var quarantineSeconds = 5.0
    /// An executor with this many failures of its own among its newest results is tried, and left alone if it fails.
    package var toleratedFailures = 5
    /// Newest results looked at.
    package var failureWindow = 20

    package init() {}

    /// Programs of known verdict in every language, for `probes`.
    package static var knownPrograms: [String: [Probe]] {
        Dictionary(
            uniqueKeysWithValues: Canary.all.map { canary in
                (canary.language.rawValue, canary.known.map { Probe(job: $0.job, expected: $0.outcome) })
            }
        )
    }
}

/// What a dispatcher is doing.
package struct DispatcherStatistics: Sendable, Equatable {
    /// Jobs waiting for an executor.
    package var queued = 0
    /// Jobs with an executor.
    package var running = 0
    package var executors = 0
    /// Executors that are being tried or were found wanting, and get nothing else.
    package var untrusted = 0
    /// Slots of all executors.
    package var slots = 0
    package var clients = 0
    /// Requests, copies included.
    package var requests = 0
    /// Jobs taken; = completed + quarantined + dropped + queued + running.
    package var submitted = 0
    package var completed = 0
    /// Jobs nobody wanted any more, or that no executor could judge.
    package var dropped = 0
    /// Requests answered from memory.
    package var cacheHits = 0
    /// Requests for a job that was outstanding already.
    package var merged = 0
    package var requeued = 0
    /// Jobs given up because executors kept getting lost on them.
    package var quarantined = 0
    package var duplicates = 0
    package var leases = 0
    /// Second leases for jobs that took long, and how many of them came back first.
    package var hedged = 0
    package var hedgesWon = 0
    /// Programs of known verdict given to executors, and how many were judged wrongly or not at all.
    package var probes = 0
    package var failedProbes = 0
    /// Requests not taken because too much was outstanding.
    package var turnedAway = 0
    /// Messages that were refused.
    package var refused = 0
    /// Results that count for nothing, because their senders were never given the leases they name.
    package var forged = 0
    /// Mean time from submission to lease, over all leases, seconds.
    package var meanWaitSeconds = 0.0

    package init() {}

    /// Whether no job was lost and none counted twice.
    package var isBalanced: Bool { submitted == completed + quarantined + dropped + queued + running }
}

/// What a dispatcher wants done.
package enum DispatcherEffect: Sendable {
    /// A message to send.
    case send(DispatcherMessage)
    /// A job was given up because executors kept getting lost on it; to be kept for replay.
    case quarantined(WireExecutionRequest, reason: String)
    /// Something people should know.
    case note(String)
}

/// A message of a dispatcher to one peer.
package struct DispatcherMessage: Sendable {
    package let side: DispatcherSide
    /// The connection.
    package let route: PeerID
    package let body: WireEnvelope.OneOf_Body
    /// The lease that is lost if the message cannot be sent.
    package var lease: UInt64?
}

/// The two sockets of a dispatcher.
package enum DispatcherSide: Sendable { case client, executor }

import Determinism
import Programs
import Protocol

/// A rollout worker: a pure model of what `RolloutWorkerService` does, over the real client of the dispatcher.
struct SimulatedWorker: Sendable {
    /// A shard it works on.
    struct Work: Sendable {
        let lease: WireRolloutLease
        var verdicts: [Digest: WireVerdict] = [:]
        var isSampled = false
    }

    var client: ClientCore
    var work: [UInt64: Work] = [:]
    /// Results the learner has not acknowledged, and when each was last sent.
    var results: [ShardID: (result: WireShardResult, sent: Double)] = [:]
    var isKnown = false

    init(name: String, dispatchers: Int, silenceSeconds: Double, now: Double) {
        client = ClientCore(
            name: name,
            repeatSeconds: 2,
            dispatchers: (0..<dispatchers).map { "dispatcher \($0)" },
            silenceSeconds: silenceSeconds,
            now: now
        )
    }

    func hello() -> WireEnvelope.OneOf_Body {
        var hello = WireHello()
        hello.role = .rolloutWorker
        hello.name = "worker"
        hello.slots = 2
        return .hello(hello)
    }

    /// What it says to the learner every half second.
    mutating func beat(now: Double) -> [WireEnvelope.OneOf_Body] {
        guard isKnown else { return [hello()] }
        var bodies: [WireEnvelope.OneOf_Body] = [.heartbeat(WireHeartbeat())]
        if !work.isEmpty {
            var renewal = WireLeaseRenewal()
            renewal.leaseIds = work.keys.sorted()
            bodies.append(.leaseRenewal(renewal))
        }
        let due = results.filter { now - $0.value.sent > 3 }.keys.sorted {
            ($0.batch.step, $0.shard) < ($1.batch.step, $1.shard)
        }
        for id in due {
            results[id]?.sent = now
            if let result = results[id]?.result { bodies.append(.shardResult(result)) }
        }
        return bodies
    }

    /// Takes a verdict to every shard that waits for it.
    ///
    /// - Returns: shards that are done.
    mutating func take(_ digest: Digest, _ verdict: WireVerdict, jobs: SimulatedJobs, now: Double) -> [WireShardResult]
    {
        var done: [WireShardResult] = []
        for (lease, item) in work.sorted(by: { $0.key < $1.key }) where item.isSampled {
            let wanted = jobs.digests(of: item.lease)
            guard wanted.contains(digest) else { continue }
            work[lease]?.verdicts[digest] = verdict
            guard let verdicts = work[lease]?.verdicts, wanted.allSatisfy({ verdicts[$0] != nil }) else { continue }
            work[lease] = nil
            var result = WireShardResult()
            result.leaseID = lease
            result.purpose = item.lease.purpose
            result.step = item.lease.step
            result.shard = item.lease.shard
            result.weightsDigest = item.lease.weightsDigest
            result.trajectories = zip(item.lease.slots, wanted).map { slot, digest in
                var trajectory = WireTrajectory()
                trajectory.slot = slot.index
                trajectory.verdict = verdicts[digest] ?? WireVerdict()
                return trajectory
            }
            results[ShardID(of: result)] = (result, now)
            done.append(result)
        }
        return done
    }
}

/// Every job of a simulation, and what its verdict must be.
struct SimulatedJobs: Sendable {
    private var requests: [[WireExecutionRequest]] = []
    private let programs: Int
    private let shards: Int
    /// Jobs that end every executor that begins them.
    private(set) var poison: Set<Digest> = []

    init(options: SimulationOptions, random: inout CounterGenerator) {
        programs = options.programsPerShard
        shards = options.shardsPerStep
        for index in 0..<options.steps * options.shardsPerStep {
            requests.append(
                (0..<options.programsPerShard).map { program in
                    // Some programs are the same in two shards, as they are in a group of samples.
                    let text = program == 0 ? "common \(index / 2)" : "\(index) \(program)"
                    let job = ExecutionJob(id: "", language: .python, program: text, tests: [])
                    return WireExecutionRequest(job: job, digest: jobDigest(job).bytes, priority: 0)
                }
            )
        }
        if random.integer(below: 4) == 0, let request = requests.last?.last,
            let digest = Digest(bytes: Array(request.jobDigest))
        {
            poison = [digest]
        }
    }

    private func index(_ lease: WireRolloutLease) -> Int { Int(lease.step) * shards + Int(lease.shard) }

    func requests(of lease: WireRolloutLease) -> [WireExecutionRequest] { requests[index(lease)] }

    func digests(of lease: WireRolloutLease) -> [Digest] {
        requests(of: lease).compactMap { Digest(bytes: Array($0.jobDigest)) }
    }

    /// The verdict of a job is a function of its name.
    static func verdict(on digest: Digest) -> WireVerdict {
        let outcome: Verdict.Outcome = digest.bytes[0] < 128 ? .accepted : .wrongAnswer
        return WireVerdict(Verdict(outcome: outcome, diagnostics: "\(digest.bytes[0]) \(digest.bytes[1])"))
    }
}

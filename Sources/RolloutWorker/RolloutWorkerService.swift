internal import CodeAnalysis
package import Dispatching
internal import Foundation
package import Monitoring
internal import Protocol
internal import Rewards
internal import Telemetry
internal import Tokenization
internal import Transformer
package import Transport

/// A rollout worker: takes leases, samples, has the programs judged, sends trajectories until they are acknowledged.
///
/// It may be killed at any time: its leases lapse and another worker computes the same shards.
package actor RolloutWorkerService {
    private let provider: any ChannelProvider
    private let endpoint: String
    private let name: String
    private let verifier: ManifestVerifier?
    private let weights: WeightSource
    private let incarnation = EnvelopeCodec.newIdentifier()
    private let report: @Sendable (String) -> Void
    private let health: HealthService?
    private var done = (shards: 0, tokens: 0, generation: 0.0, execution: 0.0)
    private var heartbeats: UInt64 = 0
    private var clock = ClockEstimator()

    private var control: (any ClientChannel)?
    private var runID: [UInt8] = []
    private var session: Session?
    private var active: Set<UInt64> = []
    private var unacknowledged: [ShardKey: (frame: [UInt8], sentAt: ContinuousClock.Instant)] = [:]
    private var tasks: [UInt64: Task<Void, Never>] = [:]

    private struct ShardKey: Hashable {
        var purpose: WirePurpose
        var label: String
        var step: UInt64
        var shard: UInt32
    }

    /// What the learner's welcome made possible.
    private struct Session {
        var fetcher: WeightClient
        var replica: PolicyReplica
        var computation: ShardComputation
        var judging: ShardJudging
        var channels: [any ClientChannel]
        /// What this worker serves to others of its host, or would if nobody else did.
        var share: WeightShare?
        /// Times the relay had been passed over when it was last seen to.
        var detours = 0
    }

    /// Shards in flight at once: one is sampled while another is judged.
    private static let window: UInt32 = 2
    private let patience: Duration?

    /// - Parameters:
    ///   - provider: opens the channels.
    ///   - endpoint: the learner's control endpoint.
    ///   - name: of this worker.
    ///   - verifier: refuses weights that the learner did not sign, where keys are used.
    ///   - patience: how long to wait for the first answer of a learner; nil: as long as it takes.
    ///   - weights: whether weights are shared with other workers.
    ///   - health: is told what was done.
    ///   - report: for people: one line per event worth knowing.
    package init(
        provider: any ChannelProvider,
        endpoint: String,
        name: String,
        verifier: ManifestVerifier? = nil,
        patience: Duration? = .seconds(120),
        weights: WeightSource = WeightSource(),
        health: HealthService? = nil,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.provider = provider
        self.endpoint = endpoint
        self.name = name
        self.verifier = verifier
        self.patience = patience
        self.weights = weights
        self.health = health
        self.report = report
    }

    /// Works until the learner says goodbye or the task is cancelled.
    package func run() async throws {
        let control = try await provider.client(connecting: endpoint, options: .control)
        self.control = control
        defer { stop() }
        try await greet()
        let started = ContinuousClock.now
        var lastTick = ContinuousClock.now
        var hasComplained = false
        while !Task.isCancelled {
            if let frame = try await control.receive(timeout: .milliseconds(250)) {
                guard try await handle(frame) else { break }
            } else if session == nil, let patience, ContinuousClock.now - started > patience {
                throw WorkerError.noLearner(endpoint: endpoint, seconds: Int(patience.components.seconds))
            }
            if session == nil, !hasComplained, ContinuousClock.now - started > .seconds(10) {
                hasComplained = true
                report("nobody answers at \(endpoint) yet: a learner does when its warm start is done; waiting")
            }
            if ContinuousClock.now - lastTick > .milliseconds(500) {
                lastTick = .now
                try await tick()
            }
        }
    }

    private func stop() {
        session?.computation.stop()
        if let share = session?.share { Task { await share.stop() } }
        for task in tasks.values { task.cancel() }
    }

    private func greet() async throws {
        var hello = WireHello()
        hello.role = .rolloutWorker
        hello.name = name
        hello.slots = Self.window
        hello.heldWeights = await session?.replica.digests ?? []
        try await send(.hello(hello))
    }

    private func send(_ body: WireEnvelope.OneOf_Body) async throws {
        try await send(frame: EnvelopeCodec.encode(body, runID: runID, incarnation: incarnation))
    }

    /// A learner that is away is not an error: what matters is sent again.
    private func send(frame: [UInt8]) async throws {
        do {
            try await control?.send(frame, timeout: .milliseconds(500))
        } catch .timeout {}
    }

    /// - Returns: false when the run is over.
    private func handle(_ frame: [UInt8]) async throws -> Bool {
        let envelope: WireEnvelope
        do {
            envelope = try EnvelopeCodec.decode(frame)
        } catch {
            report("a message from the learner was dropped: \(error)")
            return true
        }
        switch envelope.body {
        case .welcome(let welcome):
            runID = Array(envelope.runID)
            if session == nil { session = try await open(welcome) }
            try await beat()
        case .heartbeat(let answer):
            let now = ProcessClock.now
            let isFirst = clock.offset(now: now) == nil
            clock.take(answer, now: now)
            // The learner need not wait for the next beat.
            if isFirst, clock.offset(now: now) != nil { try await beat() }
        case .rolloutLease(let lease):
            start(lease)
        case .shardAck(let ack):
            let key = ShardKey(purpose: ack.purpose, label: ack.label, step: ack.step, shard: ack.shard)
            unacknowledged[key] = nil
        case .refusal(let refusal):
            // A learner that was restarted does not know us yet.
            report("refused: \(refusal.reason)")
            try await greet()
        case .bye:
            return false
        default:
            break
        }
        return true
    }

    private func tick() async throws {
        health?.beat()
        guard session != nil else { return try await greet() }
        try await beat()
        if !active.isEmpty {
            var renewal = WireLeaseRenewal()
            renewal.leaseIds = active.sorted()
            try await send(.leaseRenewal(renewal))
        }
        await seeToRelay()
        for (key, pending) in unacknowledged where ContinuousClock.now - pending.sentAt > .seconds(3) {
            unacknowledged[key]?.sentAt = .now
            try await send(frame: pending.frame)
        }
    }

    private func beat() async throws {
        heartbeats += 1
        let now = ProcessClock.now
        let offset = clock.offset(now: now)
        if let offset {
            health?.update(["transport/clock_offset_s": offset.seconds, "transport/clock_error_s": offset.error])
        }
        try await send(.heartbeat(WireHeartbeat(sequence: heartbeats, now: now, clock: offset)))
        if let client = session?.judging.client { try await send(.programAccounts(client.accounts.wire)) }
    }

    /// Takes the place of a relay that is silent.
    private func seeToRelay() async {
        guard let session, let share = session.share else { return }
        let detours = await session.fetcher.detours
        guard detours > session.detours else { return }
        self.session?.detours = detours
        await share.listen()
    }

    private func open(_ welcome: WireWelcome) async throws -> Session {
        let programs = programEndpoints(in: welcome.endpoints)
        guard let json = welcome.modelFiles["config.json"], let bulk = welcome.endpoints["bulk"], !programs.isEmpty
        else { throw WorkerError.badWelcome("it lacks config.json or an endpoint") }
        let configuration = try T5Configuration(huggingFaceJSON: json)
        let tokenizer = try Tokenizer(files: welcome.modelFiles)
        let rewards = try JSONDecoder().decode(RewardConfiguration.self, from: welcome.workerConfigurationJson)
        let source = try await weights.open(
            learner: resolved(bulk, reachedAt: endpoint),
            shared: welcome.endpoints["relay"],
            provider: provider,
            runID: runID,
            report: report
        )
        var dispatchers: [ExecutionClient.Dispatcher] = []
        for name in programs {
            let place = resolved(name, reachedAt: endpoint)
            let channel = try await provider.client(connecting: place, options: .execution)
            dispatchers.append(ExecutionClient.Dispatcher(name: name, channel: channel))
        }
        var options = ExecutionClient.Options()
        options.name = name
        options.runID = runID
        let client = ExecutionClient(dispatchers: dispatchers, options: options, onNote: report)
        let fetcher = WeightClient(channel: source.channel, direct: source.direct, runID: runID, report: report)
        return Session(
            fetcher: fetcher,
            replica: PolicyReplica(
                client: fetcher,
                configuration: configuration,
                check: { [verifier, runID] in verifier?.accepts($0, runID: runID) ?? true }
            ),
            computation: ShardComputation(configuration: configuration, tokenizer: tokenizer),
            judging: ShardJudging(
                client: client,
                rewards: try RewardModel(configuration: rewards, analyzer: CodeAnalyzer())
            ),
            channels: [source.channel] + dispatchers.map(\.channel),
            share: source.share
        )
    }

    private func start(_ lease: WireRolloutLease) {
        guard let session else { return }
        active.insert(lease.leaseID)
        tasks[lease.leaseID] = Task {
            do {
                if let result = try await Self.compute(lease, session) { try await deliver(result) }
            } catch is CancellationError {
            } catch {
                // The lease lapses and the shard is computed elsewhere.
                report("shard \(lease.shard) of step \(lease.step): \(error)")
            }
            finish(lease.leaseID)
        }
    }

    private func finish(_ lease: UInt64) {
        active.remove(lease)
        tasks[lease] = nil
    }

    private static func compute(_ lease: WireRolloutLease, _ session: Session) async throws -> WireShardResult? {
        var clock = Stopwatch()
        let policy = try await session.replica.parameters(lease.weights)
        // Evaluation needs no reference log-probabilities.
        let reference =
            lease.purpose == .training ? try await session.replica.parameters(lease.reference) : nil
        guard
            let (drafts, start, seconds) = await session.computation.drafts(
                for: lease,
                policy: policy,
                reference: reference
            )
        else {
            return nil
        }
        var result = WireShardResult()
        result.leaseID = lease.leaseID
        result.purpose = lease.purpose
        result.step = lease.step
        result.shard = lease.shard
        result.label = lease.label
        result.weightsDigest = lease.weightsDigest
        result.generationStarted = start
        result.generationSeconds = seconds
        _ = clock.lap()
        result.trajectories = try await session.judging.trajectories(drafts, lease: lease)
        result.executionSeconds = clock.lap()
        result.executionEnded = ProcessClock.now
        return result
    }

    private func count(_ result: WireShardResult) async {
        done.shards += 1
        done.tokens += result.trajectories.reduce(0) { $0 + $1.tokens.count }
        done.generation += result.generationSeconds
        done.execution += result.executionSeconds
        health?.update([
            "rollout/shards_done": Double(done.shards), "rollout/tokens_done": Double(done.tokens),
            "rollout/generation_s": done.generation, "rollout/execution_s": done.execution,
            "rollout/weights_refused": Double(await session?.fetcher.wrongChunks ?? 0),
            "rollout/programs_moved": Double(session?.judging.client.accounts.moved ?? 0),
            "rollout/dispatchers_silent": Double(session?.judging.client.silentDispatchers ?? 0),
            "rollout/relay_detours": Double(await session?.fetcher.detours ?? 0),
        ])
    }

    private func deliver(_ result: WireShardResult) async throws {
        await count(result)
        // The learner knows what became of the programs before it has the shard.
        if let client = session?.judging.client { try await send(.programAccounts(client.accounts.wire)) }
        let frame = try EnvelopeCodec.encode(.shardResult(result), runID: runID, incarnation: incarnation)
        let key = ShardKey(purpose: result.purpose, label: result.label, step: result.step, shard: result.shard)
        unacknowledged[key] = (frame, .now)
        try await send(frame: frame)
    }
}

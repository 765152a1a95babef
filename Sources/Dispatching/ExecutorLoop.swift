import Foundation
package import Programs
import Protocol
package import Transport

/// How an executor behaves towards its dispatcher.
package struct ExecutorOptions: Sendable {
    /// What the dispatcher knows this executor as.
    package var name = "executor"
    /// 16 bytes that name the run; empty on a stand-alone pool.
    package var runID: [UInt8] = []
    /// 16 bytes that name this process.
    package var incarnation = EnvelopeCodec.newIdentifier()
    package var heartbeatSeconds = 0.5
    /// How long an executor that was told to stop may take to finish what it runs, seconds.
    package var drainSeconds = 10.0

    package init() {}
}

/// Judges jobs of a dispatcher until the task is cancelled; then finishes what runs, says goodbye and returns.
///
/// - Parameters:
///   - channel: The connection; closed at the end.
///   - slots: Jobs judged at once.
///   - toolChains: The languages that can be judged, by `Language.rawValue`, with the version of each tool chain.
///   - options: Names and times.
///   - changes: Tool chains from now on, whenever they change: a language that is missing is withdrawn.
///   - judge: Judges one job; must return, and says `infrastructureFailure` when it could not.
/// - Throws: `.transport` when the channel fails, `.message` when the hello itself is refused by our own codec.
package func runExecutor(
    channel: any ClientChannel,
    slots: Int,
    toolChains: [String: String],
    options: ExecutorOptions = ExecutorOptions(),
    changes: AsyncStream<[String: String]>? = nil,
    judge: @escaping @Sendable (ExecutionJob) async -> Verdict
) async throws(DispatchError) {
    let executor = Executor(
        channel: channel,
        slots: slots,
        toolChains: toolChains,
        options: options,
        judge: judge
    )
    // A task of its own: cancelling the caller begins the drain instead of ending the work.
    let work = Task { await executor.run() }
    let listening = Task {
        guard let changes else { return }
        for await toolChains in changes { await executor.change(to: toolChains) }
    }
    defer { listening.cancel() }
    let result = await withTaskCancellationHandler {
        await work.value
    } onCancel: {
        Task { await executor.beginDraining() }
    }
    try result.get()
}

/// The state of one executor.
private actor Executor {
    private struct Held {
        let lease: UInt64
        let jobDigest: Data
        let job: ExecutionJob
    }

    private let channel: any ClientChannel
    private let slots: Int
    private var toolChains: [String: String]
    private let options: ExecutorOptions
    private let judge: @Sendable (ExecutionJob) async -> Verdict
    /// Leases beyond the slots, first come first.
    private var waiting: [Held] = []
    private var running: [UInt64: (task: Task<Void, Never>, deadline: ContinuousClock.Instant)] = [:]
    /// Results the dispatcher has not acknowledged.
    private var results: [UInt64: WireExecutionResult] = [:]
    private var drainDeadline: ContinuousClock.Instant?
    private var sequence: UInt64 = 0

    init(
        channel: any ClientChannel,
        slots: Int,
        toolChains: [String: String],
        options: ExecutorOptions,
        judge: @escaping @Sendable (ExecutionJob) async -> Verdict
    ) {
        self.channel = channel
        self.slots = slots
        self.toolChains = toolChains
        self.options = options
        self.judge = judge
    }

    func run() async -> Result<Void, DispatchError> {
        let hello = await sayHello()
        let receiving = Task { await self.receive() }
        var failure: DispatchError? = hello
        while failure == nil, !isDone {
            try? await Task.sleep(for: .seconds(drainDeadline == nil ? options.heartbeatSeconds : 0.05))
            failure = await beat()
        }
        for (task, _) in running.values { task.cancel() }
        var bye = WireBye()
        bye.reason = "drained"
        _ = await send(.bye(bye))
        receiving.cancel()
        await channel.close()
        return failure.map { .failure($0) } ?? .success(())
    }

    func beginDraining() async {
        guard drainDeadline == nil else { return }
        drainDeadline = .now + .seconds(options.drainSeconds)
        // The dispatcher gives what has not begun to somebody else once it hears goodbye.
        waiting = []
        _ = await sayHello()
    }

    func change(to toolChains: [String: String]) async {
        guard toolChains != self.toolChains else { return }
        self.toolChains = toolChains
        _ = await sayHello()
    }

    private var isDone: Bool {
        guard let drainDeadline else { return false }
        return (running.isEmpty && results.isEmpty) || ContinuousClock.now >= drainDeadline
    }

    private var leases: [UInt64] { (waiting.map(\.lease) + running.keys + results.keys).sorted() }

    /// - Returns: why nothing can be sent any more, if so.
    private func send(_ body: WireEnvelope.OneOf_Body) async -> DispatchError? {
        let frame: [UInt8]
        do throws(ProtocolError) {
            frame = try EnvelopeCodec.encode(
                body,
                runID: options.runID,
                incarnation: options.incarnation,
                limit: ProtocolLimits.executionFrameBytes
            )
        } catch {
            return .message(error)
        }
        do throws(TransportError) {
            try await channel.send(frame, timeout: .seconds(1))
            return nil
        } catch {
            // Whatever did not get out is said again at the next beat.
            return error == .timeout || error == .cancelled ? nil : .transport(error)
        }
    }

    private func sayHello() async -> DispatchError? {
        var hello = WireHello()
        hello.role = .executor
        hello.name = options.name
        hello.slots = drainDeadline == nil ? UInt32(clamping: slots) : 0
        hello.toolChains = toolChains
        hello.runningLeases = leases
        return await send(.hello(hello))
    }

    /// Says that this executor lives, which leases it works on, and what it has found out.
    private func beat() async -> DispatchError? {
        sequence += 1
        var heartbeat = WireHeartbeat()
        heartbeat.sequence = sequence
        if let failure = await send(.heartbeat(heartbeat)) { return failure }
        let now = ContinuousClock.now
        // A judge that is long past its job's limits hangs; its lease lapses and the job goes elsewhere.
        let healthy = leases.filter { lease in running[lease].map { $0.deadline > now } ?? true }
        if !healthy.isEmpty {
            var renewal = WireLeaseRenewal()
            renewal.leaseIds = healthy
            if let failure = await send(.leaseRenewal(renewal)) { return failure }
        }
        for result in Array(results.values) {
            if let failure = await send(.executionResult(result)) { return failure }
        }
        return nil
    }

    private func receive() async {
        while let frame = await nextFrame() {
            guard let envelope = try? EnvelopeCodec.decode(frame, limit: ProtocolLimits.executionFrameBytes) else {
                continue
            }
            switch envelope.body {
            case .executionLease(let lease): accept(lease)
            case .executionAck(let ack): results[ack.leaseID] = nil
            case .refusal(let refusal) where refusal.reason == "say hello first": _ = await sayHello()
            default: break
            }
        }
    }

    private func nextFrame() async -> [UInt8]? {
        while !Task.isCancelled {
            do throws(TransportError) {
                if let frame = try await channel.receive(timeout: .seconds(1)) { return frame }
            } catch {
                return nil
            }
        }
        return nil
    }

    private func accept(_ lease: WireExecutionLease) {
        guard drainDeadline == nil, running[lease.leaseID] == nil, results[lease.leaseID] == nil,
            !waiting.contains(where: { $0.lease == lease.leaseID }),
            let job = try? lease.request.job()
        else { return }
        waiting.append(Held(lease: lease.leaseID, jobDigest: lease.request.jobDigest, job: job))
        startWaiting()
    }

    private func startWaiting() {
        while running.count < slots, !waiting.isEmpty {
            let held = waiting.removeFirst()
            let limits = held.job.limits
            let longest = 30 + 3 * limits.compileSeconds + Double(held.job.tests.count + 1) * (limits.wallSeconds + 1)
            let task = Task { [judge] in
                let verdict = await judge(held.job)
                await self.finish(held, verdict)
            }
            running[held.lease] = (task, .now + .seconds(longest))
        }
    }

    private func finish(_ held: Held, _ verdict: Verdict) async {
        var result = WireExecutionResult()
        result.leaseID = held.lease
        result.jobDigest = held.jobDigest
        result.verdict = WireVerdict(verdict)
        results[held.lease] = result
        running[held.lease] = nil
        startWaiting()
        _ = await send(.executionResult(result))
    }
}

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
    package var heartbeatSeconds = 0.8
    /// How long an executor that was told to stop may take to finish what it runs, seconds.
    package var drainSeconds = 10.0
    /// Is told with every heartbeat how far this executor's clock is ahead of the dispatcher's.
    package var onClock: @Sendable (ClockOffset) -> Void = { _ in }

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
    let started = ProcessClock.now
    let executor = Executor(
        channel: channel,
        core: ExecutorCore(name: options.name, slots: slots, toolChains: toolChains, epoch: started),
        started: started,
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

/// One executor: its state machine, its channel and its clock.
private actor Executor {
    private let channel: any ClientChannel
    private var core: ExecutorCore
    private let options: ExecutorOptions
    private let judge: @Sendable (ExecutionJob) async -> Verdict
    private var tasks: [UInt64: Task<Void, Never>] = [:]
    private let started: Double

    init(
        channel: any ClientChannel,
        core: ExecutorCore,
        started: Double,
        options: ExecutorOptions,
        judge: @escaping @Sendable (ExecutionJob) async -> Verdict
    ) {
        self.channel = channel
        self.core = core
        self.started = started
        self.options = options
        self.judge = judge
    }

    private var now: Double { ProcessClock.now - started }

    func run() async -> Result<Void, DispatchError> {
        var failure = await send(core.hello())
        if failure == nil { failure = await perform(core.beat(now: now)) }
        let receiving = Task { await self.receive() }
        while failure == nil, !core.isDone(now: now) {
            try? await Task.sleep(for: .seconds(core.isDraining ? 0.05 : options.heartbeatSeconds))
            failure = await perform(core.beat(now: now))
            tellClock()
        }
        for task in tasks.values { task.cancel() }
        var bye = WireBye()
        bye.reason = "drained"
        _ = await send(.bye(bye))
        receiving.cancel()
        await channel.close()
        return failure.map { .failure($0) } ?? .success(())
    }

    func beginDraining() async { _ = await perform(core.drain(deadline: now + options.drainSeconds)) }

    func change(to toolChains: [String: String]) async { _ = await perform(core.change(to: toolChains)) }

    /// - Returns: why nothing can be sent any more, if so.
    private func perform(_ effects: [ExecutorCore.Effect]) async -> DispatchError? {
        // Work begins before anything is sent: a dispatcher that is away must not keep slots idle.
        for effect in effects {
            switch effect {
            case .send: break
            case .start(let lease, let request): start(lease, request)
            case .cancel(let lease): tasks[lease]?.cancel()
            }
        }
        for case .send(let body) in effects {
            if let failure = await send(body) { return failure }
        }
        return nil
    }

    private func start(_ lease: UInt64, _ request: WireExecutionRequest) {
        let job = try? request.job()
        tasks[lease] = Task { [judge] in
            let unreadable = Verdict(outcome: .infrastructureFailure, diagnostics: "the job could not be read")
            let verdict = if let job { await judge(job) } else { unreadable }
            await self.finish(lease, verdict)
        }
    }

    private func finish(_ lease: UInt64, _ verdict: Verdict) async {
        tasks[lease] = nil
        _ = await perform(core.finished(lease, WireVerdict(verdict), now: now))
    }

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

    private func receive() async {
        while let frame = await nextFrame() {
            let envelope = try? EnvelopeCodec.decode(frame, limit: ProtocolLimits.executionFrameBytes)
            guard let body = envelope?.body else { continue }
            _ = await perform(core.receive(body, now: now))
            if case .heartbeat = body { tellClock() }
        }
    }

    private func tellClock() {
        if let clock = core.clock(now: now) { options.onClock(clock) }
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
}

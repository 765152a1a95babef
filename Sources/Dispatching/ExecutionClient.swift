import Determinism
import Foundation
package import Programs
import Protocol
import Synchronization
package import Transport

/// Asks a dispatcher, or several that share the jobs, for verdicts: ``ClientCore`` with channels and a clock.
///
/// Any number of jobs may be outstanding. A request is repeated until its verdict comes, which is safe because a job is
/// named by its content: neither a lost message nor a restarted dispatcher loses a job.
package final class ExecutionClient: Sendable {
    /// How the client behaves.
    package struct Options: Sendable {
        /// What the dispatcher knows this client as.
        package var name = "client"
        /// 16 bytes that name the run; empty on a stand-alone pool.
        package var runID: [UInt8] = []
        /// 16 bytes that name this process.
        package var incarnation = EnvelopeCodec.newIdentifier()
        /// Goes into every job's digest; a new one disowns all verdicts given so far.
        package var salt = ""
        /// How often a job without a verdict is asked for again, seconds.
        package var repeatSeconds = 5.0
        package var heartbeatSeconds = 1.0
        /// After this long without a word from one of several dispatchers its jobs go to others, seconds.
        package var silenceSeconds = 5.0

        package init() {}
    }

    /// One of several dispatchers.
    package struct Dispatcher: Sendable {
        /// What it is ranked by; all clients must name it alike.
        package let name: String
        package let channel: any ClientChannel

        package init(name: String, channel: any ClientChannel) {
            self.name = name
            self.channel = channel
        }
    }

    private struct State {
        var core: ClientCore
        var waiters: [Digest: [UInt64: CheckedContinuation<Result<Verdict, DispatchError>, Never>]] = [:]
        var nextWaiter: UInt64 = 0
        var failure: DispatchError?
        var tasks: [Task<Void, Never>] = []
    }

    private let channels: [any ClientChannel]
    private let options: Options
    private let onNote: @Sendable (String) -> Void
    private let state: Mutex<State>
    private let started = ContinuousClock.now

    /// A client of one dispatcher.
    package convenience init(channel: any ClientChannel, options: Options = Options()) {
        self.init(dispatchers: [Dispatcher(name: "dispatcher", channel: channel)], options: options)
    }

    /// - Parameters:
    ///   - dispatchers: One or more, of different names.
    ///   - options: How to behave.
    ///   - onNote: For what people should know.
    package init(
        dispatchers: [Dispatcher],
        options: Options = Options(),
        onNote: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        channels = dispatchers.map(\.channel)
        self.options = options
        self.onNote = onNote
        let core = ClientCore(
            name: options.name,
            repeatSeconds: options.repeatSeconds,
            dispatchers: dispatchers.map(\.name),
            silenceSeconds: options.silenceSeconds
        )
        state = Mutex(State(core: core))
        let receiving = channels.indices.map { index in
            Task { [weak self] in
                while let self, await self.receiveOne(from: index) {}
            }
        }
        let beating = Task { [weak self] in
            await self?.send(self?.state.withLock { $0.core.hello() } ?? [])
            while let seconds = self?.options.heartbeatSeconds {
                guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
                await self?.beat()
            }
        }
        state.withLock { $0.tasks = receiving + [beating] }
    }

    deinit {
        for task in state.withLock({ $0.tasks }) { task.cancel() }
    }

    /// Jobs without a verdict.
    package var outstanding: Int { state.withLock { $0.core.outstanding } }

    /// What became of all jobs.
    package var accounts: ProgramAccounts { state.withLock { $0.core.accounts } }

    /// Dispatchers that say nothing, of several.
    package var silentDispatchers: Int { state.withLock { $0.core.silent } }

    /// The last reason a dispatcher gave for not taking a message.
    package var lastRefusal: String? { state.withLock { $0.core.lastRefusal } }

    /// The verdict on `job`, however long it takes.
    ///
    /// - Parameters:
    ///   - job: What to judge.
    ///   - priority: Higher goes first.
    ///   - group: Jobs that are of use only together, and how many they are; those that are nearly done go first.
    /// - Returns: What became of the program.
    /// - Throws: `.message` when the job is beyond the limits of the protocol, `.cancelled`, `.transport(.closed)`.
    package func judge(
        _ job: ExecutionJob,
        priority: Int = 0,
        group: (id: UInt64, size: Int)? = nil
    ) async throws(DispatchError) -> Verdict {
        let digest = jobDigest(job, salt: options.salt)
        var request = WireExecutionRequest(job: job, digest: digest.bytes, priority: priority)
        if let group {
            request.group = group.id
            request.groupSize = UInt32(clamping: group.size)
        }
        let frame = try encode(.executionRequest(request))
        if Task.isCancelled { throw .cancelled }
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let now = self.now
        let dispatcher = state.withLock {
            $0.core.dispatcher(for: digest, language: request.language, now: now)
        }
        let sending = Task { [channel = channels[dispatcher]] in
            _ = try? await channel.send(frame, timeout: .seconds(2))
        }
        defer { sending.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let failure = state.withLock { state -> DispatchError? in
                    if let failure = state.failure { return failure }
                    _ = state.core.ask(digest, request, now: now)
                    state.waiters[digest, default: [:]][waiter] = continuation
                    return nil
                }
                if let failure { return continuation.resume(returning: .failure(failure)) }
                if Task.isCancelled { abandon(digest, waiter) }
            }
        } onCancel: {
            abandon(digest, waiter)
        }
        return try result.get()
    }

    private var now: Double { (ContinuousClock.now - started) / .seconds(1) }

    private func abandon(_ digest: Digest, _ waiter: UInt64) {
        let continuation = state.withLock { state in
            let continuation = state.waiters[digest]?.removeValue(forKey: waiter)
            if state.waiters[digest]?.isEmpty == true {
                state.waiters[digest] = nil
                state.core.abandon(digest)
            }
            return continuation
        }
        continuation?.resume(returning: .failure(.cancelled))
    }

    /// Tells the dispatchers that this client leaves, and closes the channels; whoever waits gets an error.
    package func close() async {
        for task in state.withLock({ $0.tasks }) { task.cancel() }
        if let frame = try? encode(.bye(WireBye())) {
            await withTaskGroup(of: Void.self) { group in
                for channel in channels {
                    group.addTask { _ = try? await channel.send(frame, timeout: .milliseconds(200)) }
                }
            }
        }
        for channel in channels { await channel.close() }
        fail(.transport(.closed))
    }

    private func fail(_ error: DispatchError) {
        let waiters = state.withLock { state in
            state.failure = error
            defer { state.waiters = [:] }
            return state.waiters
        }
        for continuation in waiters.values.flatMap(\.values) { continuation.resume(returning: .failure(error)) }
    }

    private func encode(_ body: WireEnvelope.OneOf_Body) throws(DispatchError) -> [UInt8] {
        do throws(ProtocolError) {
            return try EnvelopeCodec.encode(
                body,
                runID: options.runID,
                incarnation: options.incarnation,
                limit: ProtocolLimits.executionFrameBytes
            )
        } catch {
            throw .message(error)
        }
    }

    // What cannot be sent is said again later; a dispatcher that is away keeps nobody from the others.
    private func send(_ messages: [ClientCore.Message]) async {
        guard channels.count > 1 else { return await send(messages, to: 0) }
        await withTaskGroup(of: Void.self) { group in
            for (index, messages) in Dictionary(grouping: messages, by: \.dispatcher) {
                group.addTask { await self.send(messages, to: index) }
            }
        }
    }

    private func send(_ messages: [ClientCore.Message], to dispatcher: Int) async {
        for message in messages {
            guard let frame = try? encode(message.body),
                (try? await channels[dispatcher].send(frame, timeout: .seconds(2))) != nil
            else { return }
        }
    }

    private func beat() async {
        let now = self.now
        let messages = state.withLock { $0.core.beat(now: now) }
        tellNotes()
        await send(messages)
    }

    private func tellNotes() {
        for note in state.withLock({ $0.core.takeNotes() }) { onNote(note) }
    }

    /// - Returns: false when there is nothing more to receive.
    private func receiveOne(from dispatcher: Int) async -> Bool {
        do throws(TransportError) {
            guard let frame = try await channels[dispatcher].receive(timeout: .seconds(1)) else { return true }
            // Whatever else it is, it is not ours to answer.
            guard let envelope = try? EnvelopeCodec.decode(frame, limit: ProtocolLimits.executionFrameBytes),
                let body = envelope.body
            else { return true }
            let now = self.now
            let outcome = state.withLock { $0.core.receive(body, from: dispatcher, now: now) }
            for (digest, wire) in outcome.verdicts { answer(digest, wire) }
            tellNotes()
            await send(outcome.send)
            return true
        } catch {
            if error != .cancelled { fail(.transport(error)) }
            return false
        }
    }

    private func answer(_ digest: Digest, _ wire: WireVerdict) {
        let waiters = state.withLock { $0.waiters.removeValue(forKey: digest) } ?? [:]
        let result: Result<Verdict, DispatchError>
        do throws(ProtocolError) {
            result = .success(try wire.verdict())
        } catch {
            result = .failure(.message(error))
        }
        for continuation in waiters.values { continuation.resume(returning: result) }
    }
}

import Determinism
import Foundation
package import Programs
import Protocol
import Synchronization
package import Transport

/// Asks a dispatcher for verdicts.
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

        package init() {}
    }

    private struct Outstanding {
        let frame: [UInt8]
        var asked: ContinuousClock.Instant
        var waiters: [UInt64: CheckedContinuation<Result<Verdict, DispatchError>, Never>] = [:]
    }

    private struct State {
        var jobs: [Digest: Outstanding] = [:]
        var nextWaiter: UInt64 = 0
        var failure: DispatchError?
        var tasks: [Task<Void, Never>] = []
        var lastRefusal: String?
    }

    private let channel: any ClientChannel
    private let options: Options
    private let state = Mutex(State())

    package init(channel: any ClientChannel, options: Options = Options()) {
        self.channel = channel
        self.options = options
        let receiving = Task { [weak self] in
            while let self, await self.receiveOne() {}
        }
        let beating = Task { [weak self] in
            await self?.sayHello()
            while let seconds = self?.options.heartbeatSeconds {
                guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
                await self?.beat()
            }
        }
        state.withLock { $0.tasks = [receiving, beating] }
    }

    deinit {
        for task in state.withLock({ $0.tasks }) { task.cancel() }
    }

    /// Jobs without a verdict.
    package var outstanding: Int { state.withLock { $0.jobs.count } }

    /// The last reason the dispatcher gave for not taking a message.
    package var lastRefusal: String? { state.withLock { $0.lastRefusal } }

    /// The verdict on `job`, however long it takes.
    ///
    /// - Parameters:
    ///   - job: What to judge.
    ///   - priority: Higher goes first.
    /// - Returns: What became of the program.
    /// - Throws: `.message` when the job is beyond the limits of the protocol, `.cancelled`, `.transport(.closed)`.
    package func judge(_ job: ExecutionJob, priority: Int = 0) async throws(DispatchError) -> Verdict {
        let digest = jobDigest(job, salt: options.salt)
        let frame = try encode(
            .executionRequest(WireExecutionRequest(job: job, digest: digest.bytes, priority: priority))
        )
        if Task.isCancelled { throw .cancelled }
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let sending = Task { [channel] in _ = try? await channel.send(frame, timeout: .seconds(2)) }
        defer { sending.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let failure = state.withLock { state -> DispatchError? in
                    if let failure = state.failure { return failure }
                    state.jobs[digest, default: Outstanding(frame: frame, asked: .now)].waiters[waiter] = continuation
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

    private func abandon(_ digest: Digest, _ waiter: UInt64) {
        let continuation = state.withLock { state in
            let continuation = state.jobs[digest]?.waiters.removeValue(forKey: waiter)
            if state.jobs[digest]?.waiters.isEmpty == true { state.jobs[digest] = nil }
            return continuation
        }
        continuation?.resume(returning: .failure(.cancelled))
    }

    /// Tells the dispatcher that this client leaves, and closes the channel; whoever waits gets an error.
    package func close() async {
        for task in state.withLock({ $0.tasks }) { task.cancel() }
        if let frame = try? encode(.bye(WireBye())) { _ = try? await channel.send(frame, timeout: .milliseconds(200)) }
        await channel.close()
        fail(.transport(.closed))
    }

    private func fail(_ error: DispatchError) {
        let jobs = state.withLock { state in
            state.failure = error
            defer { state.jobs = [:] }
            return state.jobs
        }
        for job in jobs.values {
            for continuation in job.waiters.values { continuation.resume(returning: .failure(error)) }
        }
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

    private func sayHello() async {
        var hello = WireHello()
        hello.role = .client
        hello.name = options.name
        guard let frame = try? encode(.hello(hello)) else { return }
        _ = try? await channel.send(frame, timeout: .seconds(2))
    }

    private func beat() async {
        guard let frame = try? encode(.heartbeat(WireHeartbeat())) else { return }
        guard (try? await channel.send(frame, timeout: .seconds(2))) != nil else { return }
        await askAgain(after: options.repeatSeconds)
    }

    /// Repeats every request that is older than `seconds`.
    private func askAgain(after seconds: Double) async {
        let now = ContinuousClock.now
        let frames = state.withLock { state in
            state.jobs.filter { $0.value.asked + .seconds(seconds) <= now }.map { digest, job in
                state.jobs[digest]?.asked = now
                return job.frame
            }
        }
        for frame in frames where (try? await channel.send(frame, timeout: .seconds(2))) == nil { return }
    }

    /// - Returns: false when there is nothing more to receive.
    private func receiveOne() async -> Bool {
        do throws(TransportError) {
            guard let frame = try await channel.receive(timeout: .seconds(1)) else { return true }
            // Whatever else it is, it is not ours to answer.
            guard let envelope = try? EnvelopeCodec.decode(frame, limit: ProtocolLimits.executionFrameBytes) else {
                return true
            }
            switch envelope.body {
            case .executionReply(let reply): answer(reply)
            case .refusal(let refusal):
                state.withLock { $0.lastRefusal = refusal.reason }
                // A dispatcher that does not know us has been restarted, and knows none of our jobs.
                if refusal.reason == "say hello first" { await sayHello() }
            case .welcome: await askAgain(after: 0)
            default: break
            }
            return true
        } catch {
            if error != .cancelled { fail(.transport(error)) }
            return false
        }
    }

    private func answer(_ reply: WireExecutionReply) {
        guard let digest = Digest(bytes: Array(reply.jobDigest)), let verdict = try? reply.verdict.verdict() else {
            return
        }
        let job = state.withLock { $0.jobs.removeValue(forKey: digest) }
        for continuation in job?.waiters.values.map(\.self) ?? [] { continuation.resume(returning: .success(verdict)) }
    }
}

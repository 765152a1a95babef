import Foundation
package import Protocol
package import Transport

/// Brings jobs of clients to executors and verdicts back: ``DispatcherCore`` with two channels and a clock.
package actor ExecutionDispatcher {
    package typealias Options = DispatcherOptions
    package typealias Statistics = DispatcherStatistics

    private let clientChannel: any ServerChannel
    private let executorChannel: any ServerChannel
    private let options: Options
    private let incarnation = EnvelopeCodec.newIdentifier()
    private let started: Double
    private var core: DispatcherCore
    private let onNote: @Sendable (String) -> Void
    private let onQuarantine: @Sendable (WireExecutionRequest, String) -> Void

    /// - Parameters:
    ///   - clients: The channel clients connect to.
    ///   - executors: The channel executors connect to.
    ///   - options: How to behave.
    ///   - onNote: For what people should know.
    ///   - onQuarantine: Keeps a job that was given up, with the reason.
    package init(
        clients: any ServerChannel,
        executors: any ServerChannel,
        options: Options = Options(),
        onNote: @escaping @Sendable (String) -> Void = { _ in },
        onQuarantine: @escaping @Sendable (WireExecutionRequest, String) -> Void = { _, _ in }
    ) {
        clientChannel = clients
        executorChannel = executors
        self.options = options
        self.onNote = onNote
        self.onQuarantine = onQuarantine
        started = ProcessClock.now
        core = DispatcherCore(options: options, firstLease: UInt64.random(in: 1...UInt64.max), epoch: started)
    }

    private var now: Double { ProcessClock.now - started }

    package func snapshot() -> Statistics { core.snapshot() }

    /// Who waits for whom since when, as sentences; empty when everything moves.
    package func delays(longerThan seconds: Double) -> [String] { core.delays(longerThan: seconds, now: now) }

    /// What happened since the last call, and the leases that executors work on; times are seconds since 1970.
    package func takeInterval() -> (interval: DispatchInterval, running: [LeaseSpan]) { core.takeInterval(now: now) }

    /// The executors, by name.
    package func executorStates() -> [ExecutorState] { core.executorStates(now: now) }

    /// Serves until the task is cancelled or a channel fails; peers are told goodbye.
    package func run() async throws(DispatchError) {
        let failure = await runSideBySide(
            tickEvery: .milliseconds(100),
            { await self.tick() },
            [{ await self.serve(.client) }, { await self.serve(.executor) }]
        )
        core.close()
        await perform()
        if let failure { throw .transport(failure) }
    }

    private func serve(_ side: DispatcherSide) async -> TransportError {
        let channel = side == .client ? clientChannel : executorChannel
        do throws(TransportError) {
            while true {
                guard let message = try await channel.receive(timeout: nil) else { continue }
                take(message, side)
                // What has come meanwhile is answered together: waking the sockets' thread costs more than a message.
                var taken = 1
                while taken < Self.batch, let more = try await channel.receive(timeout: .zero) {
                    take(more, side)
                    taken += 1
                }
                await perform()
            }
        } catch {
            return error
        }
    }

    /// Messages handled, and sent, at once.
    private static let batch = 256

    private func take(_ message: (peer: PeerID, frame: [UInt8]), _ side: DispatcherSide) {
        do throws(ProtocolError) {
            let envelope = try EnvelopeCodec.decode(message.frame, limit: ProtocolLimits.executionFrameBytes)
            core.receive(envelope, bytes: message.frame.count, from: message.peer, side, now: now)
        } catch {
            core.refuse(error.description, to: message.peer, side)
        }
    }

    private func tick() async {
        core.tick(now: now)
        await perform()
    }

    private func perform() async {
        while true {
            let effects = core.takeEffects()
            if effects.isEmpty { return }
            var messages: [DispatcherMessage] = []
            for effect in effects {
                switch effect {
                case .send(let message): messages.append(message)
                case .quarantined(let job, let reason): onQuarantine(job, reason)
                case .note(let text): onNote(text)
                }
            }
            await deliver(messages)
        }
    }

    /// Sends all of `messages` at once; the protocol does not need them in order.
    private func deliver(_ messages: [DispatcherMessage]) async {
        if messages.count == 1, let message = messages.first {
            if let error = await send(message) { lost(message, error) }
            return
        }
        let failures = await withTaskGroup(of: (DispatcherMessage, TransportError)?.self) { group in
            for message in messages {
                group.addTask { await self.send(message).map { (message, $0) } }
            }
            var failures: [(DispatcherMessage, TransportError)] = []
            for await failure in group {
                if let failure { failures.append(failure) }
            }
            return failures
        }
        for (message, error) in failures { lost(message, error) }
    }

    private func lost(_ message: DispatcherMessage, _ error: TransportError) {
        let isGone = if case .peerUnreachable = error { true } else { false }
        core.undeliverable(message, unreachable: isGone, now: now)
    }

    /// - Returns: why it could not be sent.
    private nonisolated func send(_ message: DispatcherMessage) async -> TransportError? {
        guard
            let frame = try? EnvelopeCodec.encode(
                message.body,
                runID: options.runID,
                incarnation: incarnation,
                limit: ProtocolLimits.executionFrameBytes
            )
        else { return nil }
        let channel = message.side == .client ? clientChannel : executorChannel
        do throws(TransportError) {
            try await channel.send(frame, to: message.route)
            return nil
        } catch {
            return error
        }
    }
}

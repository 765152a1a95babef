import CZeroMQ
import Synchronization

/// Channels over ZeroMQ: one context and one thread, which owns all sockets made here.
///
/// Bulk data gets a transport of its own, so that weights never delay leases.
package final class ZeroMQTransport: ChannelProvider {
    private let loop: SocketLoop

    /// - Parameters:
    ///   - security: what protects connections over TCP; without it there are none.
    ///   - report: for people: is told of peers that are refused, and of connections that fail; seldom the same twice.
    /// - Throws: `.system` when there can be no further thread.
    package init(
        security: TransportSecurity = .ipcOnly,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(TransportError) {
        loop = try SocketLoop(security: security, report: report)
    }

    deinit { loop.abandon() }

    package func server(
        binding endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> any ServerChannel {
        let loop = loop
        let mailbox = Mailbox<(peer: PeerID, frame: [UInt8])>(capacity: options.highWaterMark) { [weak loop] in
            loop?.enqueue { _ in }
        }
        let counters = ChannelCounters()
        let opened = try await binding { () async throws(TransportError) in
            try await loop.perform {
                $0.open(.router, at: endpoint, options: options, sink: .peers(mailbox), counters: counters)
            }
        }
        return ZeroMQServer(
            socket: SocketHandle(loop: loop, id: opened.id, counters: counters, limit: options.maximumFrameBytes),
            endpoint: opened.endpoint,
            mailbox: mailbox
        )
    }

    package func client(
        connecting endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> any ClientChannel {
        let (handle, mailbox) = try await connect(.dealer, to: endpoint, options: options)
        return ZeroMQClient(socket: handle, mailbox: mailbox)
    }

    package func publisher(
        binding endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> any AnnouncementPublisher {
        let counters = ChannelCounters()
        let loop = loop
        let opened = try await binding { () async throws(TransportError) in
            try await loop.perform {
                $0.open(.publisher, at: endpoint, options: options, sink: .none, counters: counters)
            }
        }
        return ZeroMQPublisher(
            socket: SocketHandle(loop: loop, id: opened.id, counters: counters, limit: options.maximumFrameBytes),
            endpoint: opened.endpoint
        )
    }

    package func subscriber(
        connecting endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> any AnnouncementSubscriber {
        let (handle, mailbox) = try await connect(.subscriber, to: endpoint, options: options)
        return ZeroMQSubscriber(socket: handle, mailbox: mailbox)
    }

    private func connect(
        _ kind: LoopSocket.Kind,
        to endpoint: String,
        options: ChannelOptions
    ) async throws(TransportError) -> (SocketHandle, Mailbox<ReceivedFrame>) {
        let loop = loop
        let mailbox = Mailbox<ReceivedFrame>(capacity: options.highWaterMark) { [weak loop] in loop?.enqueue { _ in } }
        let counters = ChannelCounters()
        let opened = try await loop.perform {
            $0.open(kind, at: endpoint, options: options, sink: .frames(mailbox), counters: counters)
        }
        let limit = options.maximumFrameBytes
        return (SocketHandle(loop: loop, id: opened.id, counters: counters, limit: limit), mailbox)
    }

    /// Binds again for half a second while the address is in use.
    ///
    /// libzmq closes a socket on a thread of its own: the one that was closed just now may be listening a moment longer.
    private func binding<Opened: Sendable>(
        _ open: () async throws(TransportError) -> Opened
    ) async throws(TransportError) -> Opened {
        for _ in 0..<10 {
            do throws(TransportError) {
                return try await open()
            } catch {
                guard case .addressInUse = error else { throw error }
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return try await open()
    }

    /// Closes every channel, joins the thread and ends the context.
    package func close() async { await loop.stopAndJoin() }
}

/// A socket as seen from other threads: an id to name it by in commands.
private final class SocketHandle: Sendable {
    let loop: SocketLoop
    let id: Int
    let counters: ChannelCounters
    let limit: Int

    init(loop: SocketLoop, id: Int, counters: ChannelCounters, limit: Int) {
        self.loop = loop
        self.id = id
        self.counters = counters
        self.limit = limit
    }

    deinit {
        let id = id
        loop.enqueue { $0.close(id, linger: 0) }
    }

    func check(_ count: Int) throws(TransportError) {
        guard count <= limit else { throw .oversizedFrame(bytes: count, limit: limit) }
    }

    func close() async {
        let id = id
        let done = Mailbox<Bool>(capacity: 1)
        let accepted = loop.enqueue { table in
            table.close(id, linger: 200)
            done.offer(true)
        }
        guard accepted else { return }
        // Not cut short by cancellation: a caller that cleans up relies on the socket being closed.
        await Task { _ = try? await done.take(timeout: nil) }.value
    }
}

private final class ZeroMQServer: ServerChannel {
    private let socket: SocketHandle
    let endpoint: String
    private let mailbox: Mailbox<(peer: PeerID, frame: [UInt8])>

    init(socket: SocketHandle, endpoint: String, mailbox: Mailbox<(peer: PeerID, frame: [UInt8])>) {
        self.socket = socket
        self.endpoint = endpoint
        self.mailbox = mailbox
    }

    func receive(timeout: Duration?) async throws(TransportError) -> (peer: PeerID, frame: [UInt8])? {
        try await mailbox.take(timeout: timeout)
    }

    func send(_ frame: [UInt8], to peer: PeerID) async throws(TransportError) {
        try socket.check(frame.count)
        let id = socket.id
        _ = try await socket.loop.perform { table in
            table.socket(id)?.send(frame, to: peer) ?? .failure(.closed)
        }
    }

    func send(_ frame: SharedFrame, to peer: PeerID) async throws(TransportError) {
        try socket.check(frame.count)
        let id = socket.id
        _ = try await socket.loop.perform { table in
            table.socket(id)?.send(frame, to: peer) ?? .failure(.closed)
        }
    }

    func statistics() -> ChannelStatistics { socket.counters.snapshot }

    func close() async { await socket.close() }
}

private final class ZeroMQClient: ClientChannel {
    private let socket: SocketHandle
    private let mailbox: Mailbox<ReceivedFrame>
    private let nextSend = Atomic<UInt64>(0)

    init(socket: SocketHandle, mailbox: Mailbox<ReceivedFrame>) {
        self.socket = socket
        self.mailbox = mailbox
    }

    func send(_ frame: [UInt8], timeout: Duration?) async throws(TransportError) {
        try socket.check(frame.count)
        let id = socket.id
        let send = PendingSend(
            id: nextSend.wrappingAdd(1, ordering: .relaxed).newValue,
            frame: frame,
            answer: Mailbox(capacity: 1)
        )
        let accepted = socket.loop.enqueue { table in
            guard let socket = table.socket(id) else { return _ = send.answer.offer(.failure(.closed)) }
            socket.enqueue(send)
        }
        guard accepted else { throw .closed }
        do throws(TransportError) {
            guard let result = try await send.answer.take(timeout: timeout) else { throw .timeout }
            _ = try result.get()
        } catch {
            // Whoever gave up must not find the frame sent minutes later.
            if error == .timeout || error == .cancelled {
                socket.loop.enqueue { $0.socket(id)?.withdraw(send.id) }
            }
            throw error
        }
    }

    func receive(timeout: Duration?) async throws(TransportError) -> [UInt8]? {
        try await mailbox.take(timeout: timeout)?.bytes
    }

    func receiveFrame(timeout: Duration?) async throws(TransportError) -> ReceivedFrame? {
        try await mailbox.take(timeout: timeout)
    }

    func statistics() -> ChannelStatistics { socket.counters.snapshot }

    func close() async { await socket.close() }
}

private final class ZeroMQPublisher: AnnouncementPublisher {
    private let socket: SocketHandle
    let endpoint: String

    init(socket: SocketHandle, endpoint: String) {
        self.socket = socket
        self.endpoint = endpoint
    }

    func publish(_ frame: [UInt8]) async throws(TransportError) {
        try socket.check(frame.count)
        let id = socket.id
        _ = try await socket.loop.perform { table -> Result<Bool, TransportError> in
            guard let socket = table.socket(id) else { return .failure(.closed) }
            socket.publish(frame)
            return .success(true)
        }
    }

    func close() async { await socket.close() }
}

private final class ZeroMQSubscriber: AnnouncementSubscriber {
    private let socket: SocketHandle
    private let mailbox: Mailbox<ReceivedFrame>

    init(socket: SocketHandle, mailbox: Mailbox<ReceivedFrame>) {
        self.socket = socket
        self.mailbox = mailbox
    }

    func receive(timeout: Duration?) async throws(TransportError) -> [UInt8]? {
        try await mailbox.take(timeout: timeout)?.bytes
    }

    func close() async { await socket.close() }
}

import CZeroMQ
import Glibc

/// The sockets of one loop.
///
/// Lives on the loop's thread and never leaves it.
@safe
final class SocketTable {
    private var context: UnsafeMutableRawPointer?
    private var sockets: [LoopSocket] = []
    private var items: [zmq_pollitem_t]
    private let wakeDescriptor: CInt
    private var nextID = 0
    private let security: TransportSecurity
    private let notices: Notices
    private var authenticator: Authenticator?

    /// Frames one socket may hand over before the others get their turn.
    private static let burst = 256

    init(wakeDescriptor: CInt, security: TransportSecurity, report: @escaping @Sendable (String) -> Void) {
        self.wakeDescriptor = wakeDescriptor
        self.security = security
        notices = Notices(report: report)
        unsafe items = []
        unsafe context = zmq_ctx_new()
        if let context = unsafe context {
            // Weights, and what encrypts them, have a thread of their own: leases do not wait for them.
            unsafe _ = zmq_ctx_set(context, ZMQ_IO_THREADS, 2)
            // Every watched socket takes three.
            unsafe _ = zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 8192)
        }
    }

    /// Opens a socket, sets it up and binds or connects it.
    ///
    /// - Returns: Its id and the endpoint it is really bound to.
    func open(
        _ kind: LoopSocket.Kind,
        at endpoint: String,
        options: ChannelOptions,
        sink: LoopSocket.Sink,
        counters: ChannelCounters
    ) -> Result<(id: Int, endpoint: String), TransportError> {
        guard let context = unsafe context else { return .failure(.closed) }
        do throws(TransportError) {
            // libzmq lets everybody in while nobody answers its questions, so this comes first.
            if authenticator == nil, let ring = security.keyRing, !ring.allowed.isEmpty {
                authenticator = try unsafe Authenticator(context: context, ring: ring, notices: notices)
            }
            guard let raw = unsafe zmq_socket(context, kind.code) else { throw .last(during: "zmq_socket") }
            nextID += 1
            let socket = unsafe LoopSocket(
                id: nextID,
                raw: raw,
                kind: kind,
                options: options,
                sink: sink,
                counters: counters,
                security: security,
                notices: notices
            )
            do throws(TransportError) {
                try socket.configure()
                try unsafe socket.protect(endpoint, in: context)
                let real = try socket.attach(to: endpoint)
                sockets.append(socket)
                return .success((nextID, real))
            } catch {
                // Whoever tries again does it with the same mailbox.
                socket.close(linger: 0, closesSink: false)
                throw error
            }
        } catch {
            return .failure(error)
        }
    }

    /// The socket `id`, unless it was closed.
    func socket(_ id: Int) -> LoopSocket? { sockets.first { $0.id == id } }

    /// Closes the socket `id`, allowing `linger` milliseconds for what is on its way.
    func close(_ id: Int, linger: CInt) {
        guard let i = sockets.firstIndex(where: { $0.id == id }) else { return }
        sockets.remove(at: i).close(linger: linger)
    }

    /// Sleeps until a socket can do something or somebody wakes the thread.
    func poll() {
        unsafe items.removeAll(keepingCapacity: true)
        unsafe items.append(zmq_pollitem_t(socket: nil, fd: wakeDescriptor, events: CShort(ZMQ_POLLIN), revents: 0))
        if let authenticator { unsafe items.append(authenticator.pollItem()) }
        var isWatching = false
        for socket in sockets {
            unsafe items.append(socket.pollItem())
            guard let watch = socket.watch else { continue }
            isWatching = true
            unsafe items.append(watch.pollItem())
        }
        let count = unsafe CInt(items.count)
        let patience = isWatching ? CLong(ConnectionWatch.interval / .milliseconds(1)) : -1
        // EINTR and the like only mean an early look.
        unsafe _ = zmq_poll(&items, count, patience)
        if unsafe items[0].revents != 0 {
            var bytes: UInt64 = 0
            unsafe _ = read(wakeDescriptor, &bytes, 8)
        }
    }

    /// Moves frames in and out of every socket.
    func transfer() {
        authenticator?.answer()
        for socket in sockets {
            socket.watchConnections()
            socket.flush()
            socket.drain(limit: Self.burst)
        }
    }

    func closeAll() {
        for socket in sockets { socket.close(linger: 200) }
        sockets = []
        authenticator?.close()
        authenticator = nil
        // Waits for the linger time at most: every socket is closed.
        if let context = unsafe context { unsafe _ = zmq_ctx_term(context) }
        unsafe context = nil
    }
}

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

    /// Frames one socket may hand over before the others get their turn.
    private static let burst = 256

    init(wakeDescriptor: CInt) {
        self.wakeDescriptor = wakeDescriptor
        unsafe items = []
        unsafe context = zmq_ctx_new()
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
            guard let raw = unsafe zmq_socket(context, kind.code) else { throw .last(during: "zmq_socket") }
            nextID += 1
            let socket = unsafe LoopSocket(
                id: nextID,
                raw: raw,
                kind: kind,
                options: options,
                sink: sink,
                counters: counters
            )
            do throws(TransportError) {
                try socket.configure()
                let real = try socket.attach(to: endpoint)
                sockets.append(socket)
                return .success((nextID, real))
            } catch {
                socket.close(linger: 0)
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
        for socket in sockets { unsafe items.append(socket.pollItem()) }
        let count = unsafe CInt(items.count)
        // EINTR and the like only mean an early look.
        unsafe _ = zmq_poll(&items, count, -1)
        if unsafe items[0].revents != 0 {
            var bytes: UInt64 = 0
            unsafe _ = read(wakeDescriptor, &bytes, 8)
        }
    }

    /// Moves frames in and out of every socket.
    func transfer() {
        for socket in sockets {
            socket.flush()
            socket.drain(limit: Self.burst)
        }
    }

    func closeAll() {
        for socket in sockets { socket.close(linger: 200) }
        sockets = []
        // Waits for the linger time at most: every socket is closed.
        if let context = unsafe context { unsafe _ = zmq_ctx_term(context) }
        unsafe context = nil
    }
}

import CZeroMQ
import Glibc

/// Watches the connections of one TCP socket: names those that fail, cuts those that hold too much.
///
/// Lives on its loop's thread.
@safe
final class ConnectionWatch {
    /// What the owner of the socket is to do.
    enum Advice {
        case nothing
        /// The server refused our key and libzmq will not try again by itself.
        case connectAgain
    }

    private let raw: UnsafeMutableRawPointer
    private let name: String
    private let isServer: Bool
    private let notices: Notices
    private var ledger: ConnectionLedger
    private var failure: String?
    private var isReady = false
    private var lastLook = ContinuousClock.now

    /// How often connections are looked at.
    static let interval: Duration = .milliseconds(100)

    init(
        context: UnsafeMutableRawPointer,
        socket: UnsafeMutableRawPointer,
        id: Int,
        name: String,
        isServer: Bool,
        limit: Int,
        notices: Notices
    ) throws(TransportError) {
        self.name = name
        self.isServer = isServer
        self.notices = notices
        ledger = ConnectionLedger(maximumFrameBytes: limit)
        let events =
            ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
            | ZMQ_EVENT_ACCEPT_FAILED
        let endpoint = "inproc://watch-\(id)"
        guard unsafe zmq_socket_monitor(socket, endpoint, events) == 0 else {
            throw .last(during: "zmq_socket_monitor")
        }
        guard let raw = unsafe zmq_socket(context, ZMQ_PAIR) else { throw .last(during: "zmq_socket PAIR") }
        unsafe self.raw = raw
        guard unsafe zmq_connect(raw, endpoint) == 0 else { throw .last(during: "zmq_connect monitor") }
    }

    func pollItem() -> zmq_pollitem_t {
        unsafe zmq_pollitem_t(socket: raw, fd: 0, events: CShort(ZMQ_POLLIN), revents: 0)
    }

    /// A whole message came on `descriptor`.
    func delivered(_ descriptor: Int32) { ledger.delivered(descriptor) }

    /// Takes in what libzmq has to tell.
    func listen() -> Advice {
        var advice = Advice.nothing
        while let parts = unsafe receiveParts(from: raw) {
            guard let head = parts.first, head.count >= 6 else { continue }
            let event = CInt(head[0]) | CInt(head[1]) << 8
            let value = Int32(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(head[2 + $1]) << (8 * $1) })
            if isServer {
                heard(server: event, value)
            } else if heard(client: event, value) {
                advice = .connectAgain
            }
        }
        return advice
    }

    private func heard(server event: CInt, _ value: Int32) {
        switch event {
        case ZMQ_EVENT_ACCEPTED: ledger.opened(value, address: Self.address(of: value) ?? "somebody")
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: failure = "did not finish the handshake"
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: failure = "does not speak this protocol with the right keys"
        // The authenticator has said more than this event does.
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: failure = nil
        case ZMQ_EVENT_ACCEPT_FAILED:
            let reason = unsafe String(cString: strerror(value))
            notices.tell("\(name): no further connection can be accepted: \(reason)", key: "\(name) accept")
        case ZMQ_EVENT_DISCONNECTED:
            let address = ledger.closed(value) ?? "somebody"
            guard let reason = failure else { return }
            failure = nil
            let host = address.lastIndex(of: ":").map { address[..<$0] } ?? address[...]
            notices.tell("\(name): \(address) \(reason); the connection is closed", key: "\(name) \(host) \(reason)")
        default: break
        }
    }

    /// - Returns: whether to connect again.
    private func heard(client event: CInt, _ value: Int32) -> Bool {
        switch event {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            isReady = true
            return false
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            notices.tell("\(name): the server refuses our key; is it in its list of allowed keys?", key: "\(name) auth")
            return true
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            notices.tell(
                "\(name): no handshake with the server; do we have its present public key, and it keys at all?",
                key: "\(name) handshake"
            )
            return event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
        case ZMQ_EVENT_DISCONNECTED:
            if isReady { notices.tell("\(name): the connection is lost; trying again", key: "\(name) lost") }
            isReady = false
            return false
        default: return false
        }
    }

    /// Cuts the connections that hold too much, when it is time to look.
    ///
    /// - Parameter isDrained: everything whole has been taken from libzmq since the last look.
    /// - Returns: whether it was time.
    func look(isDrained: Bool) -> Bool {
        guard isServer, ContinuousClock.now - lastLook >= Self.interval else { return false }
        lastLook = .now
        for overdue in ledger.overdue(isDrained: isDrained, received: Self.bytesReceived) {
            let reason = "has sent \(overdue.bytes >> 20) MiB of an unfinished message and is cut off"
            cut(overdue.descriptor, reason)
        }
        return true
    }

    /// Ends a connection; libzmq notices and gives back what it held for it.
    func cut(_ descriptor: Int32, _ reason: String) {
        guard let address = ledger.address(of: descriptor) else { return }
        // The descriptor may be another connection's by now.
        guard Self.address(of: descriptor) == address else { return }
        notices.tell("\(name): \(address) \(reason)", key: "\(name) \(address) cut")
        // Connecting to no address at all resets a connection at once: after `shutdown` the kernel would go on taking in what
        // an unceasing peer sends, and libzmq would never see the end.
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        unsafe _ = connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    func close(socket: UnsafeMutableRawPointer) {
        unsafe _ = zmq_socket_monitor(socket, nil, 0)
        var linger: CInt = 0
        unsafe _ = zmq_setsockopt(raw, ZMQ_LINGER, &linger, MemoryLayout<CInt>.size)
        unsafe _ = zmq_close(raw)
    }

    /// Bytes the kernel has received on a TCP connection: `tcpi_bytes_received` of `struct tcp_info` (linux/tcp.h), which the
    /// C library's own header does not have.
    private static func bytesReceived(_ descriptor: Int32) -> UInt64? {
        let offset = 128
        var info = [UInt8](repeating: 0, count: 256)
        var size = socklen_t(info.count)
        guard unsafe getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_INFO, &info, &size) == 0,
            Int(size) >= offset + 8
        else { return nil }
        return (0..<8).reduce(UInt64(0)) { $0 | UInt64(info[offset + $1]) << (8 * $1) }
    }

    /// Host and port of the other end.
    private static func address(of descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: 64)
        var port = [CChar](repeating: 0, count: 8)
        let isKnown = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe getpeername(descriptor, generic, &size) == 0
                    && getnameinfo(
                        generic,
                        size,
                        &host,
                        socklen_t(host.count),
                        &port,
                        socklen_t(port.count),
                        NI_NUMERICHOST | NI_NUMERICSERV
                    ) == 0
            }
        }
        guard isKnown else { return nil }
        let parts = [host, port].map { text in
            String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return parts[0].contains(":") ? "[\(parts[0])]:\(parts[1])" : "\(parts[0]):\(parts[1])"
    }
}

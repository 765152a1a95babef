import CZeroMQ
import Glibc
import Protocol
import Synchronization

/// The counters of one channel, written by the loop and read by anybody.
final class ChannelCounters: Sendable {
    private let statistics = Mutex(ChannelStatistics())

    var snapshot: ChannelStatistics { statistics.withLock { $0 } }

    func update(_ change: (inout ChannelStatistics) -> Void) { statistics.withLock { change(&$0) } }
}

/// A frame that waits for a connection or for room.
struct PendingSend {
    let id: UInt64
    let frame: [UInt8]
    let answer: Mailbox<Result<Bool, TransportError>>
}

/// One ZeroMQ socket, on its loop's thread.
@safe
final class LoopSocket {
    enum Kind: Sendable {
        case router, dealer, publisher, subscriber

        var code: CInt {
            switch self {
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .publisher: ZMQ_XPUB
            case .subscriber: ZMQ_SUB
            }
        }
    }

    /// Where received frames go.
    enum Sink: Sendable {
        case peers(Mailbox<(peer: PeerID, frame: [UInt8])>)
        case frames(Mailbox<ReceivedFrame>)
        case none
    }

    let id: Int
    let raw: UnsafeMutableRawPointer
    let kind: Kind
    let options: ChannelOptions
    private let sink: Sink
    private let counters: ChannelCounters
    private var pending: [PendingSend] = []
    /// The newest announcement, of a publisher; the previous one, of a subscriber.
    private var latest: [UInt8]?
    private let incarnation = EnvelopeCodec.newIdentifier()
    let security: TransportSecurity
    let notices: Notices
    /// Who may send here, when keys say so.
    var allowed: AllowList?
    /// Of a socket over TCP.
    var watch: ConnectionWatch?
    /// Everything whole has been taken in since the connections were last looked at.
    var isDrained = false
    private(set) var endpoint = ""
    /// When to connect again after our key was refused.
    var retryAt: ContinuousClock.Instant?
    /// The connection that the last part came on, and the key it showed; of a watched socket.
    var sender = (descriptor: CInt(-1), key: "")

    init(
        id: Int,
        raw: UnsafeMutableRawPointer,
        kind: Kind,
        options: ChannelOptions,
        sink: Sink,
        counters: ChannelCounters,
        security: TransportSecurity,
        notices: Notices
    ) {
        self.security = security
        self.notices = notices
        self.id = id
        unsafe self.raw = raw
        self.kind = kind
        self.options = options
        self.sink = sink
        self.counters = counters
    }

    func configure() throws(TransportError) {
        try set(ZMQ_LINGER, 0)
        try set(ZMQ_SNDHWM, CInt(options.highWaterMark))
        try set(ZMQ_RCVHWM, CInt(options.highWaterMark))
        var largest = Int64(options.maximumFrameBytes)
        guard unsafe zmq_setsockopt(raw, ZMQ_MAXMSGSIZE, &largest, 8) == 0 else {
            throw .last(during: "zmq_setsockopt MAXMSGSIZE")
        }
        try set(ZMQ_HANDSHAKE_IVL, 5000)
        // Not the same for any two sockets, so that peers do not come back all at once; libzmq doubles it each time.
        try set(ZMQ_RECONNECT_IVL, CInt.random(in: 80...160))
        try set(ZMQ_RECONNECT_IVL_MAX, CInt.random(in: 1500...2500))
        // A first packet that is lost must not cost the minute after which the kernel has doubled its patience.
        try set(ZMQ_CONNECT_TIMEOUT, 3000)
        try set(ZMQ_BACKLOG, 4096)
        // The kernel looks whether the other host is there. libzmq could, by heartbeats, but version 4.3.4 ends the process
        // when one falls due on a connection that has just failed (`!_io_error`, its issue 4364), as in a partition.
        let silence = max(2, Int(options.heartbeatTimeout / .seconds(1)))
        let pause = max(1, Int(options.heartbeatInterval / .seconds(1)))
        try set(ZMQ_TCP_KEEPALIVE, 1)
        try set(ZMQ_TCP_KEEPALIVE_IDLE, CInt(pause))
        try set(ZMQ_TCP_KEEPALIVE_INTVL, CInt(pause))
        try set(ZMQ_TCP_KEEPALIVE_CNT, CInt(max(1, silence / pause)))
        // What is sent and not acknowledged for so long was sent to nobody.
        try set(ZMQ_TCP_MAXRT, CInt(1000 * silence))
        let isBulk = options.plane?.isBulk == true
        try setAffinity(isBulk ? 2 : 1)
        if isBulk { _ = Self.keepsMemoryOfMessages }
        switch kind {
        case .router: try set(ZMQ_ROUTER_MANDATORY, 1)
        case .dealer: try set(ZMQ_IMMEDIATE, 1)
        case .publisher: try set(ZMQ_XPUB_VERBOSE, 1)
        case .subscriber:
            guard unsafe zmq_setsockopt(raw, ZMQ_SUBSCRIBE, nil, 0) == 0 else {
                throw .last(during: "zmq_setsockopt SUBSCRIBE")
            }
        }
    }

    /// Messages of a mebibyte come and go by the thousand: without this the allocator gives the memory of each back to the system
    /// and takes it again, which faults it in page by page and costs more than copying it.
    private static let keepsMemoryOfMessages =
        mallopt(M_MMAP_THRESHOLD, 32 << 20) == 1 && mallopt(M_TRIM_THRESHOLD, 64 << 20) == 1

    func set(_ option: CInt, _ value: CInt) throws(TransportError) {
        var value = value
        guard unsafe zmq_setsockopt(raw, option, &value, MemoryLayout<CInt>.size) == 0 else {
            throw .last(during: "zmq_setsockopt \(option)")
        }
    }

    /// The threads that may serve the socket, a bit for each.
    private func setAffinity(_ mask: UInt64) throws(TransportError) {
        var mask = mask
        guard unsafe zmq_setsockopt(raw, ZMQ_AFFINITY, &mask, 8) == 0 else {
            throw .last(during: "zmq_setsockopt AFFINITY")
        }
    }

    /// Binds a router or publisher, connects the others.
    ///
    /// - Returns: The endpoint, an ephemeral port resolved.
    func attach(to endpoint: String) throws(TransportError) -> String {
        self.endpoint = endpoint
        // Only where it is named: with it, a name that has addresses of both kinds may be looked up as the other one.
        if endpoint.hasPrefix("tcp://[") { try set(ZMQ_IPV6, 1) }
        switch kind {
        case .dealer, .subscriber:
            guard unsafe zmq_connect(raw, endpoint) == 0 else { throw refusal(of: endpoint) }
            return endpoint
        case .router, .publisher:
            if let path = Endpoint.path(of: endpoint), Endpoint.isListening(path: path) {
                throw .addressInUse(endpoint: endpoint)
            }
            guard unsafe zmq_bind(raw, endpoint) == 0 else { throw refusal(of: endpoint) }
            if let path = Endpoint.path(of: endpoint) {
                unsafe _ = chmod(path, 0o600)
            }
            var text = [CChar](repeating: 0, count: 256)
            var size = text.count
            guard unsafe zmq_getsockopt(raw, ZMQ_LAST_ENDPOINT, &text, &size) == 0 else {
                throw .last(during: "zmq_getsockopt LAST_ENDPOINT")
            }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    private func refusal(of endpoint: String) -> TransportError {
        let code = zmq_errno()
        if code == EADDRINUSE { return .addressInUse(endpoint: endpoint) }
        return .badEndpoint(endpoint: endpoint, reason: unsafe String(cString: zmq_strerror(code)))
    }

    /// Router: sends at once or says why not.
    func send(_ frame: [UInt8], to peer: PeerID) -> Result<Bool, TransportError> {
        send(to: peer) { transmit(frame) }
    }

    /// Router: sends at once or says why not, from where the frame lies.
    func send(_ frame: SharedFrame, to peer: PeerID) -> Result<Bool, TransportError> {
        send(to: peer) { transmit(frame) }
    }

    private func send(to peer: PeerID, _ transmit: () -> Bool) -> Result<Bool, TransportError> {
        let size = peer.bytes.count
        let first = again { unsafe zmq_send(raw, peer.bytes, size, ZMQ_DONTWAIT | ZMQ_SNDMORE) }
        guard first >= 0 else {
            switch zmq_errno() {
            case EHOSTUNREACH: return .failure(.peerUnreachable(peer))
            case EAGAIN: return .failure(.peerBusy(peer))
            default: return .failure(.last(during: "zmq_send"))
            }
        }
        return transmit() ? .success(true) : .failure(.last(during: "zmq_send"))
    }

    /// Dealer: sends in order, waiting for a connection and for room.
    func enqueue(_ send: PendingSend) {
        pending.append(send)
        if pending.count == 1 { flush() }
    }

    /// Forgets a frame whose sender no longer waits.
    func withdraw(_ id: UInt64) { pending.removeAll { $0.id == id } }

    /// Publisher: tells every subscriber, now and later.
    func publish(_ frame: [UInt8]) {
        latest = frame
        _ = transmit(frame)
    }

    func flush() {
        var sent = 0
        while sent < pending.count {
            let next = pending[sent]
            if transmit(next.frame) {
                next.answer.offer(.success(true))
            } else if zmq_errno() == EAGAIN {
                break
            } else {
                next.answer.offer(.failure(.last(during: "zmq_send")))
            }
            sent += 1
        }
        if sent > 0 { pending.removeFirst(sent) }
    }

    private func transmit(_ frame: [UInt8]) -> Bool {
        let size = frame.count
        guard again({ unsafe zmq_send(raw, frame, size, ZMQ_DONTWAIT) }) >= 0 else { return false }
        count(sent: size)
        return true
    }

    private func transmit(_ frame: SharedFrame) -> Bool {
        var message = zmq_msg_t()
        let isMade = unsafe frame.lend { memory, reference in
            let code = unsafe zmq_msg_init_data(
                &message,
                memory.baseAddress,
                memory.count,
                { _, reference in
                    // On the thread that has sent it.
                    if let reference = unsafe reference { unsafe SharedFrame.release(reference) }
                },
                reference
            )
            if code != 0 { unsafe SharedFrame.release(reference) }
            return code == 0
        }
        guard isMade else { return false }
        guard again({ unsafe zmq_msg_send(&message, raw, ZMQ_DONTWAIT) }) >= 0 else {
            let code = zmq_errno()
            unsafe _ = zmq_msg_close(&message)
            errno = code
            return false
        }
        count(sent: frame.count)
        return true
    }

    private func count(sent size: Int) {
        counters.update { statistics in
            statistics.framesSent += 1
            statistics.bytesSent += size
        }
    }

    private func again(_ call: () -> CInt) -> CInt {
        while true {
            let result = call()
            if result < 0, zmq_errno() == EINTR { continue }
            return result
        }
    }

    func pollItem() -> zmq_pollitem_t {
        let hasRoom =
            switch sink {
            case .peers(let mailbox): !mailbox.isFull
            case .frames(let mailbox): !mailbox.isFull
            case .none: true
            }
        let events = (hasRoom ? ZMQ_POLLIN : 0) | (pending.isEmpty ? 0 : ZMQ_POLLOUT)
        return unsafe zmq_pollitem_t(socket: raw, fd: 0, events: CShort(events), revents: 0)
    }

    /// Takes in at most `limit` messages, and none that the sink has no room for.
    func drain(limit: Int) {
        for _ in 0..<limit {
            let more: Bool
            switch sink {
            case .peers(let mailbox):
                guard !mailbox.isFull else { return }
                more = receiveFromPeer(into: mailbox)
            case .frames(let mailbox): more = !mailbox.isFull && receiveFrame(into: mailbox)
            case .none: more = receiveSubscription()
            }
            if !more { return isDrained = true }
        }
    }

    private func receiveFromPeer(into mailbox: Mailbox<(peer: PeerID, frame: [UInt8])>) -> Bool {
        guard let (name, hasFrame) = receivePart() else { return false }
        let peer = PeerID(bytes: name)
        guard hasFrame, let (frame, hasMore) = receivePart() else {
            refuse("a message without a frame", from: peer)
            return true
        }
        watch?.delivered(sender.descriptor)
        if hasMore {
            refuse("a message of \(2 + skipParts() - 1) frames, expected one", from: peer)
            return true
        }
        if let objection = objectionToSender() {
            refuse(objection, from: peer)
            watch?.cut(sender.descriptor, "is cut off: \(objection)")
            return true
        }
        count(received: frame.count)
        mailbox.offer((peer, frame))
        return true
    }

    private func receiveFrame(into mailbox: Mailbox<ReceivedFrame>) -> Bool {
        let keepsInPlace = options.keepsFramesInPlace
        let part = receive { message in
            keepsInPlace
                ? ReceivedFrame(ReceivedMessage(taking: &message)) : ReceivedFrame(Self.bytes(of: &message))
        }
        guard let (frame, hasMore) = part else { return false }
        if hasMore {
            refuse("a message of \(1 + skipParts()) frames, expected one", from: nil)
            return true
        }
        if kind == .subscriber {
            if frame.bytes == latest { return true }
            latest = frame.bytes
        }
        count(received: frame.count)
        mailbox.offer(frame)
        return true
    }

    private func receiveSubscription() -> Bool {
        guard let (frame, hasMore) = receivePart() else { return false }
        if hasMore { _ = skipParts() }
        watch?.delivered(sender.descriptor)
        // 1: somebody subscribed. All hear it again, which is harmless, and the new one hears it for the first time.
        if frame.first == 1, let latest { _ = transmit(latest) }
        return true
    }

    private func count(received size: Int) {
        counters.update { statistics in
            statistics.framesReceived += 1
            statistics.bytesReceived += size
        }
    }

    private func refuse(_ reason: String, from peer: PeerID?) {
        counters.update { statistics in
            statistics.refused += 1
            statistics.lastRefusal = reason
        }
        guard let peer else { return }
        var refusal = WireRefusal()
        refusal.reason = reason
        guard let frame = try? EnvelopeCodec.encode(.refusal(refusal), runID: [], incarnation: incarnation) else {
            return
        }
        _ = send(frame, to: peer)
    }

    /// Reads the parts that are left of a message.
    private func skipParts() -> Int {
        var skipped = 0
        while let (_, hasMore) = receivePart() {
            skipped += 1
            if !hasMore { break }
        }
        return skipped
    }

    private func receivePart() -> ([UInt8], hasMore: Bool)? { receive(Self.bytes(of:)) }

    /// The next part of a message, as `take` has it.
    private func receive<Part>(_ take: (inout zmq_msg_t) -> Part) -> (Part, hasMore: Bool)? {
        var message = zmq_msg_t()
        unsafe _ = zmq_msg_init(&message)
        defer { unsafe _ = zmq_msg_close(&message) }
        while unsafe zmq_msg_recv(&message, raw, ZMQ_DONTWAIT) < 0 {
            guard zmq_errno() == EINTR else { return nil }
        }
        if watch != nil { inspect(&message) }
        let hasMore = unsafe zmq_msg_more(&message) != 0
        return (take(&message), hasMore)
    }

    private static func bytes(of message: inout zmq_msg_t) -> [UInt8] {
        let size = unsafe zmq_msg_size(&message)
        guard size > 0, let data = unsafe zmq_msg_data(&message) else { return [] }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: data, count: size))
    }

    /// Closes the socket; whoever waits for it gets `.closed`.
    func close(linger: CInt, closesSink: Bool = true) {
        flush()
        for send in pending { send.answer.offer(.failure(.closed)) }
        pending = []
        try? set(ZMQ_LINGER, linger)
        unsafe watch?.close(socket: raw)
        unsafe _ = zmq_close(raw)
        guard closesSink else { return }
        switch sink {
        case .peers(let mailbox): mailbox.close()
        case .frames(let mailbox): mailbox.close()
        case .none: break
        }
    }
}

extension LoopSocket.Kind: Equatable {}

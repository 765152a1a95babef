import CZeroMQ
import Glibc

/// What protects a socket over TCP: keys, a look at every connection, another try after a refusal.
extension LoopSocket {
    private var isServer: Bool { kind == .router || kind == .publisher }
    private var name: String { options.plane?.rawValue ?? "socket" }

    /// Sets the keys of a socket that is about to be bound or connected; a Unix socket needs none, its file is its owner's.
    func protect(_ endpoint: String, in context: UnsafeMutableRawPointer) throws(TransportError) {
        try Endpoint.check(endpoint, security: security, isServer: isServer)
        guard Endpoint.isTCP(endpoint) else { return }
        if case .curve(let ring) = security {
            guard let plane = options.plane else {
                throw .badEndpoint(endpoint: endpoint, reason: "a channel that belongs to no plane has no keys")
            }
            if isServer {
                try setServerKey(ring, plane, endpoint)
            } else {
                try setClientKeys(ring, plane, endpoint)
            }
        }
        watch = try unsafe ConnectionWatch(
            context: context,
            socket: raw,
            id: id,
            name: isServer ? name : "\(name) at \(endpoint)",
            isServer: isServer,
            limit: options.maximumFrameBytes,
            notices: notices
        )
    }

    private func setServerKey(_ ring: KeyRing, _ plane: Plane, _ endpoint: String) throws(TransportError) {
        guard let pair = ring.own[plane.server], let list = ring.allowed[plane.server] else {
            throw .badEndpoint(endpoint: endpoint, reason: "there is no key of role \(plane.server.rawValue)")
        }
        allowed = list
        try set(ZMQ_CURVE_SERVER, 1)
        try set(ZMQ_CURVE_SECRETKEY, pair.secretKey)
        // The handler of this name's questions is bound already; without one the name would be ignored.
        try set(ZMQ_ZAP_DOMAIN, plane.rawValue)
    }

    private func setClientKeys(_ ring: KeyRing, _ plane: Plane, _ endpoint: String) throws(TransportError) {
        guard let own = ring.own.first(where: { plane.admitted.contains($0.key) })?.value,
            let server = ring.servers[plane.server]
        else {
            if plane == .relay {
                let missing = KeyError.noRelay(path: "\(ring.folder)/\(KeyRing.publicName(.relay))")
                throw .badEndpoint(endpoint: endpoint, reason: missing.description)
            }
            let roles = plane.admitted.map(\.rawValue).joined(separator: " or ")
            throw .badEndpoint(endpoint: endpoint, reason: "there is no key of role \(roles) for \(plane.rawValue)")
        }
        try set(ZMQ_CURVE_SERVERKEY, server)
        try set(ZMQ_CURVE_PUBLICKEY, own.publicKey)
        try set(ZMQ_CURVE_SECRETKEY, own.secretKey)
    }

    private func set(_ option: CInt, _ text: String) throws(TransportError) {
        guard unsafe zmq_setsockopt(raw, option, text, text.utf8.count) == 0 else {
            throw .last(during: "zmq_setsockopt \(option)")
        }
    }

    /// Takes in what has become of the connections, and does what is due.
    func watchConnections() {
        guard let watch else { return }
        if case .connectAgain = watch.listen(), retryAt == nil {
            retryAt = .now + .milliseconds(Int.random(in: 1500...3000))
        }
        if watch.look(isDrained: isDrained) { isDrained = false }
        guard let due = retryAt, ContinuousClock.now >= due else { return }
        retryAt = nil
        // libzmq takes a refusal for the last word; but the list of allowed keys may change.
        unsafe _ = zmq_disconnect(raw, endpoint)
        unsafe _ = zmq_connect(raw, endpoint)
    }

    /// Notes where a part came from.
    func inspect(_ message: inout zmq_msg_t) {
        sender.descriptor = unsafe zmq_msg_get(&message, ZMQ_SRCFD)
        guard allowed != nil else { return }
        let key = unsafe zmq_msg_gets(&message, "User-Id")
        sender.key = unsafe key.map { unsafe String(cString: $0) } ?? ""
    }

    /// Why the sender of the last part may not send here any more; nil when it may.
    func objectionToSender() -> String? {
        guard let allowed, let plane = options.plane else { return nil }
        return allowed.objection(to: sender.key, on: plane)
    }
}

import CZeroMQ
import Glibc

/// Answers libzmq's question, for every new CURVE connection, whether the key that it proved to hold may connect.
///
/// The protocol is ZAP (<https://rfc.zeromq.org/spec/27>): the domain is the name of the plane, and the user id that is given
/// to a connection is its public key, so that every message can be checked again after the list has changed.
@safe
final class Authenticator {
    private let raw: UnsafeMutableRawPointer
    private let ring: KeyRing
    private let notices: Notices

    /// Binds the handler of `context`; must be there before the first socket, or libzmq lets everybody in.
    init(context: UnsafeMutableRawPointer, ring: KeyRing, notices: Notices) throws(TransportError) {
        self.ring = ring
        self.notices = notices
        guard let raw = unsafe zmq_socket(context, ZMQ_REP) else { throw .last(during: "zmq_socket ZAP") }
        unsafe self.raw = raw
        guard unsafe zmq_bind(raw, "inproc://zeromq.zap.01") == 0 else { throw .last(during: "zmq_bind ZAP") }
    }

    func pollItem() -> zmq_pollitem_t {
        unsafe zmq_pollitem_t(socket: raw, fd: 0, events: CShort(ZMQ_POLLIN), revents: 0)
    }

    /// Answers the questions that are there.
    func answer() {
        while let parts = unsafe receiveParts(from: raw) {
            // version, request, domain, address, routing id, mechanism, credentials…
            guard parts.count >= 6, parts[0] == Array("1.0".utf8) else {
                reply(to: parts.count > 1 ? parts[1] : [], code: "500", user: "")
                continue
            }
            let key = parts[5] == Array("CURVE".utf8) && parts.count == 7 ? CurveKeyPair.encode(parts[6]) : nil
            let plane = Plane(rawValue: String(decoding: parts[2], as: UTF8.self))
            let isAdmitted = decide(plane, key: key, address: String(decoding: parts[3], as: UTF8.self))
            reply(to: parts[1], code: isAdmitted ? "200" : "400", user: isAdmitted ? key ?? "" : "")
        }
    }

    private func decide(_ plane: Plane?, key: String?, address: String) -> Bool {
        guard let plane, let list = ring.allowed[plane.server] else { return false }
        guard let key else {
            notices.tell("\(plane.rawValue): \(address) was refused: it has no key", key: "\(plane) \(address) none")
            return false
        }
        if let trouble = list.objection(to: key, on: plane) {
            notices.tell("\(plane.rawValue): \(address) was refused: \(trouble)", key: "\(plane) \(address) \(trouble)")
            return false
        }
        return true
    }

    private func reply(to request: [UInt8], code: String, user: String) {
        let text = code == "200" ? "OK" : "not allowed"
        let parts = [Array("1.0".utf8), request, Array(code.utf8), Array(text.utf8), Array(user.utf8), []]
        for (i, part) in parts.enumerated() {
            unsafe _ = zmq_send(raw, part, part.count, i + 1 < parts.count ? ZMQ_SNDMORE : 0)
        }
    }

    func close() { unsafe _ = zmq_close(raw) }
}

extension AllowList {
    /// Why the key may not be on `plane`; nil when it may.
    func objection(to key: String, on plane: Plane) -> String? {
        guard let holder = holder(of: key) else { return "its key \(key) is not in \(path)" }
        guard plane.admitted.contains(holder.role) else {
            let roles = plane.admitted.map(\.rawValue).joined(separator: " or ")
            return "its key is that of the \(holder.role.rawValue) '\(holder.name)', expected a key of role \(roles)"
        }
        return nil
    }
}

/// The parts of the next message of `raw`, if one is there.
func receiveParts(from raw: UnsafeMutableRawPointer) -> [[UInt8]]? {
    var parts: [[UInt8]] = []
    while true {
        var message = zmq_msg_t()
        unsafe _ = zmq_msg_init(&message)
        defer { unsafe _ = zmq_msg_close(&message) }
        while unsafe zmq_msg_recv(&message, raw, ZMQ_DONTWAIT) < 0 {
            guard zmq_errno() == EINTR else { return nil }
        }
        let size = unsafe zmq_msg_size(&message)
        if size > 0, let data = unsafe zmq_msg_data(&message) {
            unsafe parts.append([UInt8](UnsafeRawBufferPointer(start: data, count: size)))
        } else {
            parts.append([])
        }
        if unsafe zmq_msg_more(&message) == 0 { return parts }
    }
}

/// What can go wrong on the wire.
///
/// A closed set: every caller in this package switches over it.
package enum TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process listens there already.
    case addressInUse(endpoint: String)
    /// The endpoint cannot be used.
    case badEndpoint(endpoint: String, reason: String)
    /// The frame is larger than the channel allows; nothing was sent.
    case oversizedFrame(bytes: Int, limit: Int)
    /// No peer of that name is connected; nothing was sent.
    case peerUnreachable(PeerID)
    /// The peer does not read fast enough; nothing was sent.
    case peerBusy(PeerID)
    /// The time allowed has passed.
    case timeout
    /// The task that waited was cancelled.
    case cancelled
    /// The channel was closed on this side.
    case closed
    /// The system refused.
    case system(operation: String, code: CInt, reason: String)

    package var description: String {
        switch self {
        case .addressInUse(let endpoint): "\(endpoint) is in use by another process"
        case .badEndpoint(let endpoint, let reason): "endpoint '\(endpoint)': \(reason)"
        case .oversizedFrame(let bytes, let limit): "frame of \(bytes) bytes, the limit is \(limit)"
        case .peerUnreachable(let peer): "peer \(peer) is not connected"
        case .peerBusy(let peer): "peer \(peer) has too many frames waiting"
        case .timeout: "timed out"
        case .cancelled: "cancelled"
        case .closed: "the channel is closed"
        case .system(let operation, let code, let reason): "\(operation): \(reason) (error \(code))"
        }
    }
}

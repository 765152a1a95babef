package import Protocol
package import Transport

/// What can go wrong between a client and the other side of a service.
package enum DispatchError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The connection failed, or was closed.
    case transport(TransportError)
    /// A message could not be made or understood.
    case message(ProtocolError)
    /// The task that waited was cancelled.
    case cancelled
    /// No answer within the time allowed, seconds.
    case timeout(seconds: Double, waitingFor: String)
    /// The server does not serve these weights any more.
    case gone(version: UInt64)

    package var description: String {
        switch self {
        case .transport(let error): error.description
        case .message(let error): error.description
        case .cancelled: "cancelled"
        case .timeout(let seconds, let waitingFor): "no \(waitingFor) within \(seconds) s"
        case .gone(let version): "weights of version \(version) are no longer served"
        }
    }
}

/// Who a process is to the others; every role has keys of its own.
package enum PeerRole: String, CaseIterable, Sendable {
    case learner, dispatcher, relay, rollout, executor, client

    /// Whether others connect to it, so that it has a list of those who may.
    package var isServer: Bool { Plane.allCases.contains { $0.server == self } }

    /// The servers that it connects to itself.
    var servers: [PeerRole] {
        Self.allCases.filter { server in
            Plane.allCases.contains { $0.server == server && $0.admitted.contains(self) }
        }
    }
}

/// One socket that a server offers: what it is for, and whose keys open it.
package enum Plane: String, CaseIterable, Sendable {
    case control, bulk, announcements, programs, executors
    /// Weights, of a relay.
    case relay

    /// Whose key proves that the server is the right one.
    package var server: PeerRole {
        switch self {
        case .control, .bulk, .announcements: .learner
        case .programs, .executors: .dispatcher
        case .relay: .relay
        }
    }

    /// The roles that may connect.
    ///
    /// Executors run hostile programs: their key opens nothing but the plane of executors. That of a relay fetches weights, which
    /// it cannot change unnoticed, and nothing else.
    package var admitted: [PeerRole] {
        switch self {
        case .control, .announcements: [.rollout]
        case .bulk, .relay: [.rollout, .relay]
        case .programs: [.rollout, .client]
        case .executors: [.executor]
        }
    }

    /// Whether megabytes travel on it.
    var isBulk: Bool { self == .bulk || self == .relay }
}

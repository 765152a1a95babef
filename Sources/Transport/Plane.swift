/// Who a process is to the others; every role has keys of its own.
package enum PeerRole: String, CaseIterable, Sendable {
    case learner, dispatcher, rollout, executor, client
}

/// One socket that a server offers: what it is for, and whose keys open it.
package enum Plane: String, CaseIterable, Sendable {
    case control, bulk, announcements, programs, executors

    /// Whose key proves that the server is the right one.
    package var server: PeerRole {
        switch self {
        case .control, .bulk, .announcements: .learner
        case .programs, .executors: .dispatcher
        }
    }

    /// The roles that may connect.
    ///
    /// Executors run hostile programs: their key opens nothing but the plane of executors.
    package var admitted: [PeerRole] {
        switch self {
        case .control, .bulk, .announcements: [.rollout]
        case .programs: [.rollout, .client]
        case .executors: [.executor]
        }
    }
}

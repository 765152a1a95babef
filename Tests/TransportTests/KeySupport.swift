import Foundation
import Synchronization
import Testing
import Transport

/// Fresh keys for every role, gone with their owner.
final class Keys: Sendable {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)").path
        try KeyMaking.all(in: folder)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// A transport of a process that is `roles`.
    func transport(_ roles: [PeerRole], log: Log? = nil, folder: String? = nil) throws -> ZeroMQTransport {
        let report: @Sendable (String) -> Void = { log?.write($0) }
        let ring = try KeyRing(folder: folder ?? self.folder, roles: roles, report: report)
        return try ZeroMQTransport(security: .curve(ring), report: report)
    }

    /// One of a learner with its dispatcher inside.
    func server(log: Log? = nil) throws -> ZeroMQTransport { try transport([.learner, .dispatcher], log: log) }

    /// That of whoever offers `plane`.
    func server(of plane: Plane, log: Log? = nil) throws -> ZeroMQTransport {
        plane == .relay ? try transport([.relay], log: log) : try server(log: log)
    }

    /// Makes the keys what they would be, had they been made before there were relays.
    func forgetRelays() throws {
        for path in ["relay", "rollout/relay.public"] { try FileManager.default.removeItem(atPath: self.path(path)) }
        for list in ["learner/allowed", "dispatcher/allowed"] {
            let lines = try String(contentsOfFile: path(list), encoding: .utf8).split(separator: "\n")
            let text = lines.filter { !$0.hasPrefix("relay ") }.joined(separator: "\n") + "\n"
            try text.write(toFile: path(list), atomically: true, encoding: .utf8)
        }
    }
}

/// What a transport told people.
final class Log: Sendable {
    private let lines = Mutex<[String]>([])

    func write(_ line: String) { lines.withLock { $0.append(line) } }

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    /// Waits until somebody has said `words`.
    func hears(_ words: String, within limit: Duration = .seconds(15)) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if text.contains(words) { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }
}

extension Plane {
    var options: ChannelOptions {
        switch self {
        case .control: .control
        case .bulk: .bulk
        case .relay: .relay
        case .announcements: .announcements
        case .programs: .execution
        case .executors: .executors
        }
    }
}

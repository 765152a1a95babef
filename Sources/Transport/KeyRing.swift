internal import Foundation

/// The keys that one process needs.
package final class KeyRing: Sendable {
    /// Its own, by role: a learner with a dispatcher inside has two.
    package let own: [PeerRole: CurveKeyPair]
    /// Public keys of the servers it connects to.
    package let servers: [PeerRole: String]
    /// Who may connect, of the servers it is itself.
    package let allowed: [PeerRole: AllowList]
    /// The folder of its first role.
    package let folder: String

    package static let secretName = "secret.key"
    package static let allowedName = "allowed"
    package static let manifestSecretName = "manifest.key"
    package static let manifestPublicName = "manifest.public"
    package static func publicName(_ role: PeerRole) -> String { "\(role.rawValue).public" }

    /// Reads the keys of `roles`.
    ///
    /// - Parameters:
    ///   - folder: what `ppocoder keygen` made, with a folder per role in it; or, for a single role, that folder.
    ///   - roles: what this process is.
    ///   - report: is told of changes to the lists of allowed keys.
    /// - Throws: ``KeyError`` naming the file.
    package init(
        folder: String,
        roles: [PeerRole],
        report: @escaping @Sendable (String) -> Void
    ) throws(KeyError) {
        var own: [PeerRole: CurveKeyPair] = [:]
        var servers: [PeerRole: String] = [:]
        var allowed: [PeerRole: AllowList] = [:]
        var folders: [String] = []
        for role in roles {
            let isOwnFolder = roles.count == 1 && FileManager.default.fileExists(atPath: "\(folder)/\(Self.secretName)")
            let place = isOwnFolder ? folder : "\(folder)/\(role.rawValue)"
            folders.append(place)
            if role == .relay, !FileManager.default.fileExists(atPath: place) { throw .noRelay(path: place) }
            own[role] = try Self.secret("\(place)/\(Self.secretName)", role)
            if role.isServer { allowed[role] = try AllowList(path: "\(place)/\(Self.allowedName)", report: report) }
            for server in role.servers {
                let path = "\(place)/\(Self.publicName(server))"
                // Keys that were made without relays are as good as ever for everything else.
                if server == .relay, !FileManager.default.fileExists(atPath: path) { continue }
                servers[server] = try Self.publicKey(path, server)
            }
        }
        self.own = own
        self.servers = servers
        self.allowed = allowed
        self.folder = folders.first ?? folder
    }

    /// - Throws: ``KeyError`` unless the key of relays is known, by which one is recognised.
    package func requireRelay() throws(KeyError) {
        if servers[.relay] == nil { throw .noRelay(path: "\(folder)/\(Self.publicName(.relay))") }
    }

    /// Reads the lists of allowed keys again.
    package func reload() {
        for list in allowed.values { list.reload() }
    }

    private static func secret(_ path: String, _ role: PeerRole) throws(KeyError) -> CurveKeyPair {
        let values = try KeyFile.read(path, isSecret: true)
        guard values["role"] == role.rawValue else {
            throw .wrongRole(path: path, found: values["role"] ?? "none", expected: role.rawValue)
        }
        let pair = CurveKeyPair(publicKey: values["public"] ?? "", secretKey: values["secret"] ?? "")
        guard CurveKeyPair.isKey(pair.secretKey), pair.isConsistent else {
            throw .malformed(path: path, line: 1, reason: "its public and secret keys do not belong together")
        }
        return pair
    }

    private static func publicKey(_ path: String, _ role: PeerRole) throws(KeyError) -> String {
        let values = try KeyFile.read(path, isSecret: false)
        guard values["role"] == role.rawValue else {
            throw .wrongRole(path: path, found: values["role"] ?? "none", expected: role.rawValue)
        }
        guard let key = values["public"], CurveKeyPair.isKey(key) else {
            throw .malformed(path: path, line: 1, reason: "there is no public key of 40 characters")
        }
        return key
    }
}

/// What protects connections that leave the process.
package enum TransportSecurity: Sendable {
    /// Nothing does: only ipc sockets, which the file system guards, can be opened.
    case ipcOnly
    /// Nothing does, and whoever runs this wants TCP on the loopback interface all the same.
    case plainLoopback
    /// CURVE on every TCP connection.
    case curve(KeyRing)

    /// What the flags or settings of a process ask for.
    ///
    /// - Parameters:
    ///   - keys: folder of keys; empty: none.
    ///   - insecure: plain TCP on the loopback interface is wanted.
    ///   - roles: what the process is.
    ///   - report: is told of changes to the lists of allowed keys.
    /// - Throws: ``KeyError`` naming the file.
    package init(
        keys: String,
        insecure: Bool,
        roles: [PeerRole],
        report: @escaping @Sendable (String) -> Void
    ) throws(KeyError) {
        if !keys.isEmpty {
            self = .curve(try KeyRing(folder: keys, roles: roles, report: report))
        } else {
            self = insecure ? .plainLoopback : .ipcOnly
        }
    }

    package var keyRing: KeyRing? {
        if case .curve(let ring) = self { ring } else { nil }
    }
}

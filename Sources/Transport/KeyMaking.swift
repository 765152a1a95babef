internal import Foundation

/// Makes what `KeyRing` reads.
package enum KeyMaking {
    /// Makes keys for every role, a folder each, in `folder`, which must not be there.
    package static func all(in folder: String) throws(KeyError) {
        guard !FileManager.default.fileExists(atPath: folder) else { throw .exists(path: folder) }
        let pairs = Dictionary(uniqueKeysWithValues: PeerRole.allCases.map { ($0, CurveKeyPair.generate()) })
        for role in PeerRole.allCases {
            guard let pair = pairs[role] else { continue }
            let place = "\(folder)/\(role.rawValue)"
            try writeSecret(pair, role: role, name: role.rawValue, in: place)
            for server in role.servers {
                guard let key = pairs[server]?.publicKey else { continue }
                try writePublic(key, of: server, in: place)
            }
            guard role.isServer else { continue }
            let text = peers.compactMap { peer in
                pairs[peer].map { line(peer, name: peer.rawValue, key: $0.publicKey) }
            }.joined()
            let head = "# Who may connect: role, name, public key. Read again whenever it changes.\n"
            try KeyFile.create("\(place)/\(KeyRing.allowedName)", isSecret: false, head + text)
        }
    }

    /// Makes one more key of `role` in `folder`, in a folder of its own, and allows it.
    ///
    /// - Returns: the new folder.
    package static func add(_ role: PeerRole, name: String, to folder: String) throws(KeyError) -> String {
        let place = "\(folder)/\(role.rawValue)-\(name)"
        guard !FileManager.default.fileExists(atPath: place) else { throw .exists(path: place) }
        let pair = CurveKeyPair.generate()
        try writeSecret(pair, role: role, name: name, in: place)
        let publics = try list("\(folder)/\(role.rawValue)").filter { $0.hasSuffix(".public") }
        for file in publics {
            try KeyFile.create("\(place)/\(file)", isSecret: false, read("\(folder)/\(role.rawValue)/\(file)"))
        }
        for server in PeerRole.allCases where server.isServer && peers.contains(role) {
            // Keys that were made without relays have no list of theirs.
            if server == .relay, !FileManager.default.fileExists(atPath: "\(folder)/\(server.rawValue)") { continue }
            try allow(role, name: name, key: pair.publicKey, at: "\(folder)/\(server.rawValue)")
        }
        return place
    }

    /// Makes the key of relays in a `folder` whose keys were made without, and tells those of the other roles.
    ///
    /// - Returns: the new folder.
    package static func addRelay(to folder: String) throws(KeyError) -> String {
        let role = PeerRole.relay
        let place = "\(folder)/\(role.rawValue)"
        guard !FileManager.default.fileExists(atPath: place) else { throw .exists(path: place) }
        let known = try read("\(folder)/\(PeerRole.learner.rawValue)/\(KeyRing.allowedName)")
        let learner = try read("\(folder)/\(PeerRole.rollout.rawValue)/\(KeyRing.publicName(.learner))")
        let pair = CurveKeyPair.generate()
        try writeSecret(pair, role: role, name: role.rawValue, in: place)
        try KeyFile.create("\(place)/\(KeyRing.publicName(.learner))", isSecret: false, learner)
        let own = line(role, name: role.rawValue, key: pair.publicKey)
        try KeyFile.create("\(place)/\(KeyRing.allowedName)", isSecret: false, known + own)
        for server in [PeerRole.learner, .dispatcher] {
            try allow(role, name: role.rawValue, key: pair.publicKey, at: "\(folder)/\(server.rawValue)")
        }
        let workers = try list(folder).filter {
            $0 == PeerRole.rollout.rawValue || $0.hasPrefix("\(PeerRole.rollout.rawValue)-")
        }
        for client in workers + [role.rawValue] {
            try writePublic(pair.publicKey, of: role, in: "\(folder)/\(client)")
        }
        return place
    }

    /// The roles that connect to servers.
    ///
    /// Every server knows the keys of all of them, so that it can say whose it was that knocked at the wrong door.
    private static let peers: [PeerRole] = [.rollout, .executor, .client, .relay]

    private static func line(_ role: PeerRole, name: String, key: String) -> String {
        "\(role.rawValue) \(name) \(key)\n"
    }

    /// Adds a key to the list of those who may connect to the server whose keys are in `place`.
    private static func allow(_ role: PeerRole, name: String, key: String, at place: String) throws(KeyError) {
        let path = "\(place)/\(KeyRing.allowedName)"
        guard let file = FileHandle(forWritingAtPath: path) else {
            throw .unreadable(path: path, reason: "cannot be written")
        }
        do {
            try file.seekToEnd()
            try file.write(contentsOf: Data(line(role, name: name, key: key).utf8))
            try file.close()
        } catch {
            throw .unreadable(path: path, reason: "cannot be written (\(error.localizedDescription))")
        }
    }

    private static func writePublic(_ key: String, of role: PeerRole, in place: String) throws(KeyError) {
        let text = "role \(role.rawValue)\npublic \(key)\n"
        try KeyFile.create("\(place)/\(KeyRing.publicName(role))", isSecret: false, text)
    }

    private static func writeSecret(
        _ pair: CurveKeyPair,
        role: PeerRole,
        name: String,
        in folder: String
    ) throws(KeyError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .unreadable(path: folder, reason: "cannot be made (\(error.localizedDescription))")
        }
        let text = """
            # Secret: for its owner only. Made by ppocoder keygen.
            role \(role.rawValue)
            name \(name)
            public \(pair.publicKey)
            secret \(pair.secretKey)

            """
        try KeyFile.create("\(folder)/\(KeyRing.secretName)", isSecret: true, text)
    }

    private static func read(_ path: String) throws(KeyError) -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw .unreadable(path: path, reason: "cannot be read")
        }
        return text
    }

    private static func list(_ folder: String) throws(KeyError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw .unreadable(path: folder, reason: "cannot be read (\(error.localizedDescription))")
        }
    }
}

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
            let servers = Set(Plane.allCases.filter { $0.admitted.contains(role) }.map(\.server))
            for server in servers.sorted(by: { $0.rawValue < $1.rawValue }) {
                guard let key = pairs[server]?.publicKey else { continue }
                let text = "role \(server.rawValue)\npublic \(key)\n"
                try KeyFile.create("\(place)/\(KeyRing.publicName(server))", isSecret: false, text)
            }
            guard role == .learner || role == .dispatcher else { continue }
            let text = peers.compactMap { peer in
                pairs[peer].map { "\(peer.rawValue) \(peer.rawValue) \($0.publicKey)\n" }
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
            let source = "\(folder)/\(role.rawValue)/\(file)"
            guard let text = try? String(contentsOfFile: source, encoding: .utf8) else {
                throw .unreadable(path: source, reason: "cannot be read")
            }
            try KeyFile.create("\(place)/\(file)", isSecret: false, text)
        }
        for server in [PeerRole.learner, .dispatcher] where peers.contains(role) {
            let path = "\(folder)/\(server.rawValue)/\(KeyRing.allowedName)"
            guard let file = FileHandle(forWritingAtPath: path) else {
                throw .unreadable(path: path, reason: "cannot be written")
            }
            do {
                try file.seekToEnd()
                try file.write(contentsOf: Data("\(role.rawValue) \(name) \(pair.publicKey)\n".utf8))
                try file.close()
            } catch {
                throw .unreadable(path: path, reason: "cannot be written (\(error.localizedDescription))")
            }
        }
        return place
    }

    /// The roles that connect to servers.
    ///
    /// Every server knows the keys of all of them, so that it can say whose it was that knocked at the wrong door.
    private static let peers: [PeerRole] = [.rollout, .executor, .client]

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

    private static func list(_ folder: String) throws(KeyError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw .unreadable(path: folder, reason: "cannot be read (\(error.localizedDescription))")
        }
    }
}

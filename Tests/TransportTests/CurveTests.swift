import Foundation
import Glibc
import Testing
import Transport

struct CurveTests {
    /// Whether a frame of a process of `role` reaches the server of `plane`.
    ///
    /// The client uses the server's public key whatever its own role: what is tried is a thief's key, not a wrong setting.
    private func reaches(_ plane: Plane, as role: PeerRole, _ keys: Keys, _ log: Log) async throws -> Bool {
        let server = try keys.server(of: plane, log: log)
        let channel = try await server.server(binding: "tcp://127.0.0.1:*", options: plane.options)
        let borrowed = plane.admitted[0]
        // The thief's own key under the name of an admitted role.
        let own = try #require(try KeyRing(folder: keys.folder, roles: [role], report: { _ in }).own[role])
        let folder = keys.path("thief-\(UUID().uuidString)")
        try FileManager.default.copyItem(atPath: keys.path(borrowed.rawValue), toPath: folder)
        try FileManager.default.removeItem(atPath: "\(folder)/secret.key")
        try KeyFile.create(
            "\(folder)/secret.key",
            isSecret: true,
            "role \(borrowed.rawValue)\npublic \(own.publicKey)\nsecret \(own.secretKey)\n"
        )
        let client = try keys.transport([borrowed], folder: folder)
        let line = try await client.client(connecting: channel.endpoint, options: plane.options)
        let sending = Task { try? await line.send([42], timeout: .seconds(20)) }
        defer { sending.cancel() }
        var arrived = false
        if plane.admitted.contains(role) {
            arrived = try await channel.receive(timeout: .seconds(20))?.frame == [42]
        } else {
            #expect(
                await log.hears("\(plane.rawValue): 127.0.0.1 was refused: its key is that of the \(role.rawValue)")
            )
            arrived = try await channel.receive(timeout: .zero) != nil
        }
        await client.close()
        await server.close()
        return arrived
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Plane.control, .bulk, .programs, .executors, .relay])
    func aKeyOpensThePlanesOfItsRoleAndNoOthers(plane: Plane) async throws {
        let keys = try Keys()
        for role in [PeerRole.rollout, .executor, .client, .relay] {
            let arrived = try await reaches(plane, as: role, keys, Log())
            #expect(arrived == plane.admitted.contains(role), "\(role) on \(plane)")
        }
    }

    /// A relay is a server, and yet not the learner: whoever looks for the learner recognises it by the learner's key.
    @Test(.timeLimit(.minutes(1)))
    func aRelayIsNotTakenForTheLearner() async throws {
        let keys = try Keys()
        let log = Log()
        // The relay's key in the place of the learner's.
        let own = try #require(try KeyRing(folder: keys.folder, roles: [.relay], report: { _ in }).own[.relay])
        let folder = keys.path("thief")
        try FileManager.default.copyItem(atPath: keys.path("learner"), toPath: folder)
        try FileManager.default.removeItem(atPath: "\(folder)/secret.key")
        try KeyFile.create(
            "\(folder)/secret.key",
            isSecret: true,
            "role learner\npublic \(own.publicKey)\nsecret \(own.secretKey)\n"
        )
        let server = try keys.transport([.learner], log: log, folder: folder)
        let channel = try await server.server(binding: "tcp://127.0.0.1:*", options: .control)
        let client = try keys.transport([.rollout])
        let line = try await client.client(connecting: channel.endpoint, options: .control)
        let sending = Task { try? await line.send([42], timeout: .seconds(20)) }
        #expect(await log.hears("control: 127.0.0.1:"), "\(log.text)")
        #expect(try await channel.receive(timeout: .zero) == nil)
        sending.cancel()
        await client.close()
        await server.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func aKeyThatIsNotAllowedIsNamedAndConnectsByItselfOnceItIs() async throws {
        let keys = try Keys()
        let log = Log()
        let allowed = keys.path("dispatcher/allowed")
        let before = try String(contentsOfFile: allowed, encoding: .utf8)
        let extra = try KeyMaking.add(.executor, name: "host7", to: keys.folder)
        let after = try String(contentsOfFile: allowed, encoding: .utf8)
        try before.write(toFile: allowed, atomically: true, encoding: .utf8)
        let server = try keys.server(log: log)
        let channel = try await server.server(binding: "tcp://127.0.0.1:*", options: .executors)
        let clientLog = Log()
        let client = try keys.transport([.executor], log: clientLog, folder: extra)
        let line = try await client.client(connecting: channel.endpoint, options: .executors)
        let sending = Task { try await line.send([7], timeout: .seconds(30)) }
        #expect(await log.hears("is not in \(allowed)"))
        #expect(await clientLog.hears("the server refuses our key"))
        try after.write(toFile: allowed, atomically: true, encoding: .utf8)
        #expect(try await channel.receive(timeout: .seconds(30))?.frame == [7])
        try await sending.value
        await client.close()
        await server.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func aKeyThatIsTakenAwayIsCutOffInTheMiddleOfItsConnection() async throws {
        let keys = try Keys()
        let log = Log()
        let server = try keys.server(log: log)
        let channel = try await server.server(binding: "tcp://127.0.0.1:*", options: .executors)
        let client = try keys.transport([.executor])
        let line = try await client.client(connecting: channel.endpoint, options: .executors)
        try await line.send([1], timeout: .seconds(20))
        #expect(try await channel.receive(timeout: .seconds(20))?.frame == [1])
        try "# nobody\n".write(toFile: keys.path("dispatcher/allowed"), atomically: true, encoding: .utf8)
        // The list is looked at again five times a second, when something comes.
        let deadline = ContinuousClock.now + .seconds(20)
        while !log.text.contains("is cut off"), ContinuousClock.now < deadline {
            try? await line.send([2], timeout: .milliseconds(100))
            _ = try await channel.receive(timeout: .milliseconds(50))
        }
        #expect(log.text.contains("is cut off: its key"), "\(log.text)")
        #expect(channel.statistics().refused > 0)
        await client.close()
        await server.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func whoHasNoKeysIsNotHeardAndIsNamed() async throws {
        let keys = try Keys()
        let log = Log()
        let server = try keys.server(log: log)
        let channel = try await server.server(binding: "tcp://127.0.0.1:*", options: .control)
        let plain = try ZeroMQTransport(security: .plainLoopback)
        let line = try await plain.client(connecting: channel.endpoint, options: .control)
        let sending = Task { try? await line.send([1], timeout: .seconds(20)) }
        #expect(await log.hears("control: 127.0.0.1:"), "\(log.text)")
        #expect(try await channel.receive(timeout: .zero) == nil)
        sending.cancel()
        await plain.close()
        await server.close()
    }

    @Test func announcementsNeedAKeyToo() async throws {
        let keys = try Keys()
        let server = try keys.server()
        let publisher = try await server.publisher(binding: "tcp://127.0.0.1:*", options: .announcements)
        try await publisher.publish([5])
        let client = try keys.transport([.rollout])
        let subscriber = try await client.subscriber(connecting: publisher.endpoint, options: .announcements)
        #expect(try await subscriber.receive(timeout: .seconds(20)) == [5])
        await client.close()
        await server.close()
    }
}

struct KeyFileTests {
    @Test func aSecretThatOthersCanReadIsRefusedWithTheRemedy() throws {
        let keys = try Keys()
        let path = keys.path("executor/secret.key")
        unsafe _ = chmod(path, 0o640)
        let error = try #require(throws: KeyError.self) {
            try KeyRing(folder: keys.folder, roles: [.executor], report: { _ in })
        }
        #expect(error == .loose(path: path, mode: 0o640))
        #expect(error.description.contains("chmod 600 \(path)"))
    }

    @Test func theFolderOfOneRoleIsEnoughForIt() throws {
        let keys = try Keys()
        let ring = try KeyRing(folder: keys.path("rollout"), roles: [.rollout], report: { _ in })
        #expect(Set(ring.servers.keys) == [.learner, .dispatcher, .relay])
        #expect(
            throws: KeyError.wrongRole(path: keys.path("rollout/secret.key"), found: "rollout", expected: "executor")
        ) {
            try KeyRing(folder: keys.path("rollout"), roles: [.executor], report: { _ in })
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func keysMadeWithoutRelaysGoOnWorkingAndSayWhatARelayNeeds() async throws {
        let keys = try Keys()
        try keys.forgetRelays()
        let old = try keys.transport([.rollout])
        await #expect {
            _ = try await old.client(connecting: "tcp://127.0.0.1:6005", options: .relay)
        } throws: { error in
            "\(error)".contains(
                "\(keys.path("rollout"))/relay.public is not there: these keys were made without relays"
            )
        }
        await old.close()
        #expect(throws: KeyError.noRelay(path: keys.path("relay"))) {
            try KeyRing(folder: keys.folder, roles: [.relay], report: { _ in })
        }
        // A host's own key, which is to know the relay as well, and to be known by it.
        _ = try KeyMaking.add(.rollout, name: "host7", to: keys.folder)
        #expect(try KeyMaking.addRelay(to: keys.folder) == keys.path("relay"))
        #expect(throws: KeyError.exists(path: keys.path("relay"))) { try KeyMaking.addRelay(to: keys.folder) }
        let mode = try FileManager.default.attributesOfItem(atPath: keys.path("relay/secret.key"))[.posixPermissions]
        #expect(mode as? Int == 0o600)
        for (server, plane) in [([PeerRole.relay], Plane.relay), ([.learner], .bulk)] {
            for (role, folder) in [(PeerRole.rollout, "rollout-host7"), (.relay, "relay")] {
                let serving = try keys.transport(server)
                let channel = try await serving.server(binding: "tcp://127.0.0.1:*", options: plane.options)
                let client = try keys.transport([role], folder: keys.path(folder))
                let line = try await client.client(connecting: channel.endpoint, options: plane.options)
                try await line.send([3], timeout: .seconds(20))
                #expect(try await channel.receive(timeout: .seconds(20))?.frame == [3], "\(role) on \(plane)")
                await client.close()
                await serving.close()
            }
        }
    }

    @Test func keysAreNeverOverwritten() throws {
        let keys = try Keys()
        #expect(throws: KeyError.exists(path: keys.folder)) { try KeyMaking.all(in: keys.folder) }
    }

    @Test func aListThatCannotBeUnderstoodChangesNothing() throws {
        let keys = try Keys()
        let log = Log()
        let path = keys.path("learner/allowed")
        let list = try AllowList(path: path) { log.write($0) }
        let ring = try KeyRing(folder: keys.folder, roles: [.rollout], report: { _ in })
        let key = try #require(ring.own[.rollout]?.publicKey)
        #expect(list.holder(of: key)?.role == .rollout)
        try "rollout a b\n".write(toFile: path, atomically: true, encoding: .utf8)
        list.reload()
        #expect(list.holder(of: key) != nil)
        #expect(log.text.contains("\(path):1: 'b' is not a key of 40 characters"))
        try "\n".write(toFile: path, atomically: true, encoding: .utf8)
        list.reload()
        #expect(list.holder(of: key) == nil)
    }

    @Test(arguments: [
        (
            "tcp://192.0.2.1:5000",
            "TCP needs keys (--keys, made by ppocoder keygen) or, on the loopback interface, --insecure"
        ),
        (
            "tcp://127.0.0.1:5000",
            "TCP needs keys (--keys, made by ppocoder keygen) or, on the loopback interface, --insecure"
        ),
        ("tcp://*:5000", "'*' is every interface of this machine; name the one to listen on, or its address"),
    ])
    func withoutKeysNothingListensOnTCP(endpoint: String, reason: String) async throws {
        let transport = try ZeroMQTransport()
        await #expect(throws: TransportError.badEndpoint(endpoint: endpoint, reason: reason)) {
            _ = try await transport.server(binding: endpoint, options: .control)
        }
        await transport.close()
    }

    @Test func aNameThatLooksLikeALoopbackAddressIsNotOne() async throws {
        let transport = try ZeroMQTransport(security: .plainLoopback)
        await #expect(throws: TransportError.self) {
            _ = try await transport.client(connecting: "tcp://127.0.0.1.example.org:5000", options: .control)
        }
        await transport.close()
    }

    @Test func aPortOfTheSameHostIsReachedWhereTheServerWas() {
        #expect(resolved("tcp://*:6001", reachedAt: "tcp://learner.example:6000") == "tcp://learner.example:6001")
        #expect(resolved("ipc:///tmp/a/bulk", reachedAt: "ipc:///tmp/a/control") == "ipc:///tmp/a/bulk")
    }
}

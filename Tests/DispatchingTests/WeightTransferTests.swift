import Determinism
import Dispatching
import Foundation
import Protocol
import Synchronization
import Testing
import Transport

/// Transfers that are broken, late, slow or overtaken.
struct WeightTransferTests {
    private func manifest(_ bytes: [UInt8], _ version: UInt64) -> WireWeightManifest {
        makeManifest(bytes: bytes, version: version, reference: false, chunkBytes: 4000)
    }

    @Test(.timeLimit(.minutes(1)))
    func aFetchThatWasBrokenOffGoesOnWhereItWasAtAnotherServer() async throws {
        let transport = InMemoryTransport()
        let bytes = randomBytes(400_000, seed: 8)
        let manifest = manifest(bytes, 1)
        let first = try await Serving(transport)
        try await first.server.publish(manifest, bytes: bytes)
        let channel = try await transport.client(connecting: "bulk", options: .bulk)
        // 60 of 100 chunks come, and then the server is no more.
        let gate = GatedChannel(channel, frames: 60)
        let client = WeightClient(channel: gate)
        let broken = Task { try await client.fetch(manifest) }
        while !gate.isShut { try await Task.sleep(for: .milliseconds(2)) }
        await first.stop()
        broken.cancel()
        await #expect(throws: DispatchError.cancelled) { try await broken.value }
        let second = try await Serving(transport)
        try await second.server.publish(manifest, bytes: bytes)
        gate.open()
        #expect(try await client.fetch(manifest) == bytes)
        // Chunks that had come when the gate was shut do not come again: at most the 40 that were missing.
        #expect(await second.server.bytesSent <= 160_000)
        #expect(await second.server.bytesSent > 0)
        await second.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func aTransferOverTCPGoesOnThroughARestartOfTheServer() async throws {
        let transport = try ZeroMQTransport(security: .plainLoopback)
        let bytes = randomBytes(40 << 20, seed: 18)
        let manifest = makeManifest(bytes: bytes, version: 1, reference: false)
        let first = try await Serving(transport, at: "tcp://127.0.0.1:*")
        try await first.server.publish(manifest, bytes: bytes)
        let own = try ZeroMQTransport(security: .plainLoopback)
        let endpoint = first.channel.endpoint
        let gate = GatedChannel(try await own.client(connecting: endpoint, options: .bulk), frames: 10)
        let client = WeightClient(channel: gate)
        let fetching = Task { try await client.fetch(manifest, chunkTimeout: .milliseconds(500)) }
        while !gate.isShut { try await Task.sleep(for: .milliseconds(5)) }
        await first.stop()
        let second = try await Serving(transport, at: endpoint)
        try await second.server.publish(manifest, bytes: bytes)
        gate.open()
        #expect(try await fetching.value == bytes)
        #expect(await second.server.bytesSent > 0)
        await second.stop()
        await own.close()
        await transport.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func whoJoinsLateGetsTheNewestWholeWhileOthersFetch() async throws {
        let transport = InMemoryTransport()
        let serving = try await Serving(transport, sendsDifferences: true)
        let versions = (0..<3).map { stepped(randomBytes(200_000, seed: 20), keeping: 24, seed: UInt64($0)) }
        let manifests = versions.enumerated().map { manifest($1, UInt64($0)) }
        try await serving.server.publish(manifests[0], bytes: versions[0])
        let old = try await serving.client(transport)
        #expect(try await old.fetch(manifests[0]) == versions[0])
        try await serving.server.publish(manifests[2], bytes: versions[2])
        async let kept = old.fetch(manifests[2], base: .init(manifests[0], versions[0]))
        let late = try await serving.client(transport)
        // It holds a version that was never served here.
        #expect(try await late.fetch(manifests[2], base: .init(manifests[1], versions[1])) == versions[2])
        #expect(try await kept == versions[2])
        #expect(await serving.server.differencesSent == 50)
        await serving.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func aReceiverThatTakesNothingHoldsNobodyUp() async throws {
        let transport = InMemoryTransport()
        let serving = try await Serving(transport)
        let bytes = randomBytes(800_000, seed: 21)
        let manifest = manifest(bytes, 1)
        try await serving.server.publish(manifest, bytes: bytes)
        let gate = GatedChannel(try await transport.client(connecting: "bulk", options: .bulk), frames: 5)
        let slow = WeightClient(channel: gate)
        let slowFetch = Task { try await slow.fetch(manifest) }
        while !gate.isShut { try await Task.sleep(for: .milliseconds(2)) }
        let others = [try await serving.client(transport), try await serving.client(transport)]
        for other in others { #expect(try await other.fetch(manifest) == bytes) }
        // Two whole transfers, and of the third what the slow one has credit for.
        let sent = await serving.server.bytesSent
        #expect(sent <= 2 * 800_000 + 4000 * (5 + 8), "\(sent)")
        gate.open()
        #expect(try await slowFetch.value == bytes)
        await serving.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func whoFallsBehindSkipsToTheNewest() async throws {
        let transport = InMemoryTransport()
        let serving = try await Serving(transport)
        let versions = (0..<4).map { randomBytes(400_000, seed: 30 + UInt64($0)) }
        let manifests = versions.enumerated().map { manifest($1, UInt64($0)) }
        try await serving.server.publish(manifests[0], bytes: versions[0])
        let gate = GatedChannel(try await transport.client(connecting: "bulk", options: .bulk), frames: 20)
        let client = WeightClient(channel: gate)
        let behind = Task { try await client.fetch(manifests[0]) }
        while !gate.isShut { try await Task.sleep(for: .milliseconds(2)) }
        // Three versions later nobody samples with the first any more.
        for i in 1...3 {
            try await serving.server.publish(manifests[i], bytes: versions[i])
            await serving.server.withdraw(try #require(digest(manifests[i - 1])))
        }
        gate.open()
        await #expect(throws: DispatchError.gone(version: 0)) { try await behind.value }
        await #expect(throws: DispatchError.gone(version: 1)) { try await client.fetch(manifests[1]) }
        await #expect(throws: DispatchError.gone(version: 2)) { try await client.fetch(manifests[2]) }
        #expect(try await client.fetch(manifests[3]) == versions[3])
        // Of the first it got what it had credit for, of the two between nothing.
        let sent = await serving.server.bytesSent
        #expect(sent <= 400_000 + 4000 * (20 + 8), "\(sent)")
        await serving.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func aSilentRelayIsLeftForTheServer() async throws {
        let transport = InMemoryTransport()
        let serving = try await Serving(transport)
        let bytes = randomBytes(100_000, seed: 40)
        let manifest = manifest(bytes, 1)
        try await serving.server.publish(manifest, bytes: bytes)
        // Somebody listens and never answers.
        let mute = try await transport.server(binding: "relay", options: .bulk)
        let client = WeightClient(
            channel: try await transport.client(connecting: mute.endpoint, options: .bulk),
            direct: try await transport.client(connecting: "bulk", options: .bulk)
        )
        #expect(try await client.fetch(manifest, chunkTimeout: .milliseconds(100)) == bytes)
        await serving.stop()
    }
}

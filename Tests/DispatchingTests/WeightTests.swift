import Determinism
import Dispatching
import Foundation
import Protocol
import Testing
import Transport

private func weights(_ count: Int, seed: UInt64) -> [UInt8] { randomBytes(count, seed: seed) }

struct WeightTests {
    @Test func aManifestNamesEveryChunk() {
        let bytes = weights(2500, seed: 1)
        let manifest = makeManifest(bytes: bytes, version: 7, reference: false, chunkBytes: 1000)
        #expect(manifest.bytes == 2500)
        #expect(manifest.chunkDigests.count == 3)
        #expect(Array(manifest.chunkDigests[2]) == Digest(of: Array(bytes[2000...])).bytes)
        #expect(Array(manifest.digest) == Digest(of: bytes).bytes)
        // Chunks that do not end with a block of the digest, and none at all.
        #expect(
            Array(makeManifest(bytes: bytes, version: 7, reference: false, chunkBytes: 999).digest)
                == Array(manifest.digest)
        )
        let empty = makeManifest(bytes: [], version: 7, reference: false)
        #expect(empty.chunkDigests.isEmpty && Array(empty.digest) == Digest(of: "").bytes)
    }

    @Test(.timeLimit(.minutes(1)))
    func weightsArriveWholeOverZeroMQAndTheNewestIsAnnounced() async throws {
        let transport = try ZeroMQTransport(security: .plainLoopback)
        let channel = try await transport.server(binding: "tcp://127.0.0.1:*", options: .bulk)
        let publisher = try await transport.publisher(binding: "tcp://127.0.0.1:*", options: .announcements)
        let server = WeightServer(channel: channel, publisher: publisher)
        let serving = Task { try await server.run() }
        let bytes = weights(20_000_000, seed: 2)
        let manifest = makeManifest(bytes: bytes, version: 1, reference: false)
        try await server.publish(manifest, bytes: bytes)

        let subscriber = try await transport.subscriber(connecting: publisher.endpoint, options: .announcements)
        let frame = try #require(try await subscriber.receive(timeout: .seconds(5)))
        #expect(try EnvelopeCodec.decode(frame).body == .weightManifest(manifest))

        let client = WeightClient(
            channel: try await transport.client(connecting: channel.endpoint, options: .bulk)
        )
        let started = ContinuousClock.now
        #expect(try await client.fetch(manifest) == bytes)
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        print("weights: \(Int(20 / seconds)) MB/s over tcp")
        #expect(await server.bytesSent == 20_000_000)

        await server.withdraw(try #require(Digest(bytes: Array(manifest.digest))))
        await #expect(throws: DispatchError.gone(version: 1)) { try await client.fetch(manifest) }
        serving.cancel()
        try await serving.value
        await transport.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func theReferenceIsServedAfterTheVersionOfTheSameWeightsWasWithdrawn() async throws {
        let transport = InMemoryTransport()
        let channel = try await transport.server(binding: "/weights", options: .bulk)
        let server = WeightServer(channel: channel)
        let serving = Task { try await server.run() }
        let bytes = weights(10_000, seed: 9)
        let reference = makeManifest(bytes: bytes, version: 0, reference: true, chunkBytes: 4000)
        let policy = makeManifest(bytes: bytes, version: 0, reference: false, chunkBytes: 4000)
        #expect(reference.digest == policy.digest)
        try await server.publish(reference, bytes: bytes)
        try await server.publish(policy, bytes: bytes)

        let digest = try #require(Digest(bytes: Array(policy.digest)))
        await server.withdraw(digest)
        let client = WeightClient(channel: try await transport.client(connecting: channel.endpoint, options: .bulk))
        #expect(try await client.fetch(reference) == bytes)
        await server.withdraw(digest)
        await #expect(throws: DispatchError.gone(version: 0)) { try await client.fetch(reference) }
        serving.cancel()
        try await serving.value
    }

    @Test(.timeLimit(.minutes(1)))
    func aFetchGoesOnWhenTheServerIsRestartedAndChunksAreLostOrDamaged() async throws {
        var faults = InMemoryFaults()
        faults.dropped = 0.2
        faults.duplicated = 0.2
        let transport = InMemoryTransport(faults: faults)
        let bytes = weights(400_000, seed: 3)
        let manifest = makeManifest(bytes: bytes, version: 1, reference: false, chunkBytes: 4000)
        let first = try await transport.server(binding: "bulk", options: .bulk)
        let broken = WeightServer(channel: first)
        // Every second chunk is wrong by one bit, and must be asked for again.
        try await broken.publish(manifest) { offset, count in
            var chunk = Array(bytes[offset..<offset + count])
            if offset / 4000 % 2 == 1 { chunk[0] ^= 1 }
            return chunk
        }
        let serving = Task { try await broken.run() }
        let client = WeightClient(channel: try await transport.client(connecting: "bulk", options: .bulk))
        let fetching = Task { try await client.fetch(manifest, credits: 8, chunkTimeout: .milliseconds(50)) }
        try await Task.sleep(for: .milliseconds(300))
        await first.close()
        _ = await serving.result
        let second = try await transport.server(binding: "bulk", options: .bulk)
        let sound = WeightServer(channel: second)
        try await sound.publish(manifest, bytes: bytes)
        let servingAgain = Task { try await sound.run() }
        #expect(try await fetching.value == bytes)
        servingAgain.cancel()
        try await servingAgain.value
    }

    @Test(.timeLimit(.minutes(1)))
    func aFetchFromNobodyEndsAtItsDeadline() async throws {
        let transport = InMemoryTransport()
        let client = WeightClient(channel: try await transport.client(connecting: "bulk", options: .bulk))
        let manifest = makeManifest(bytes: [1, 2, 3], version: 9, reference: false)
        await #expect(throws: DispatchError.timeout(seconds: 0.2, waitingFor: "weights of version 9")) {
            try await client.fetch(manifest, chunkTimeout: .milliseconds(50), deadline: .milliseconds(200))
        }
    }
}

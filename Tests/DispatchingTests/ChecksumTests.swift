import Determinism
import Dispatching
import Foundation
import Protocol
import Testing
import Transport

/// What a chunk is checked by: the checksum of what comes from the learner, the digest of what comes from a relay.
struct ChecksumTests {
    private let bytes = randomBytes(40_000, seed: 70)

    private func manifest() -> WireWeightManifest {
        makeManifest(bytes: bytes, version: 1, reference: false, chunkBytes: 4000)
    }

    /// The weights, with one bit of chunk 3 another.
    private var damaged: [UInt8] {
        var damaged = bytes
        damaged[12_005] ^= 1
        return damaged
    }

    @Test func aManifestHasAChecksumOfEveryChunk() {
        let manifest = makeManifest(bytes: bytes, version: 1, reference: false, chunkBytes: 12_000)
        #expect(manifest.chunkChecksums.count == 4)
        #expect(manifest.chunkChecksums[1] == checksum(of: Array(bytes[12_000..<24_000])))
        #expect(manifest.chunkChecksums[3] == checksum(of: Array(bytes[36_000...])))
    }

    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func aDamagedChunkStraightFromTheLearnerIsRefusedAndAskedForAgain(hasChecksums: Bool) async throws {
        let transport = InMemoryTransport()
        var manifest = manifest()
        // As of a learner that makes no checksums: the digests are there for it.
        if !hasChecksums { manifest.chunkChecksums = [] }
        let server = try await transport.server(binding: "bulk", options: .bulk)
        let client = WeightClient(channel: try await transport.client(connecting: "bulk", options: .bulk))
        let fetching = Task { [manifest] in try await client.fetch(manifest, chunkTimeout: .milliseconds(50)) }
        // The first that is sent of chunk 3 is damaged, and all that is sent after it sound.
        var isSound = false
        while await client.wrongChunks == 0 || !isSound {
            isSound = await client.wrongChunks > 0
            try await answer(on: server, with: isSound ? bytes : damaged)
        }
        let feeding = Task { while !Task.isCancelled { try await answer(on: server, with: bytes) } }
        #expect(try await fetching.value == bytes)
        #expect(await client.wrongChunks >= 1)
        feeding.cancel()
    }

    /// Answers one request, if one comes soon.
    private func answer(on server: any ServerChannel, with bytes: [UInt8]) async throws {
        guard let message = try await server.receive(timeout: .milliseconds(20)),
            case .chunkRequest(let request) = try EnvelopeCodec.decode(message.frame).body
        else { return }
        for index in Int(request.first)..<Int(request.first + request.credits) {
            var chunk = WireWeightChunk()
            chunk.digest = request.digest
            chunk.index = UInt32(index)
            let data = Array(bytes[4000 * index..<4000 * (index + 1)])
            let sender = EnvelopeCodec.newIdentifier()
            let head = try EnvelopeCodec.encodeHead(of: chunk, dataBytes: 4000, runID: [], incarnation: sender)
            try await server.send(SharedFrame(head, data), to: message.peer)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aRelayedChunkWhoseChecksumIsRightAndWhoseDigestIsNotIsRefused() async throws {
        let transport = InMemoryTransport()
        // Whoever wants to can find other bytes of the same checksum. That they are found is put here: the manifest has the
        // checksum of the damaged chunk.
        var manifest = manifest()
        manifest.chunkChecksums[3] = checksum(of: Array(damaged[12_000..<16_000]))
        let (liar, learner) = (try await Serving(transport, at: "liar"), try await Serving(transport))
        for serving in [liar, learner] { try await serving.server.publish(manifest, bytes: damaged) }
        let client = WeightClient(
            channel: try await transport.client(connecting: "liar", options: .bulk),
            direct: try await transport.client(connecting: "bulk", options: .bulk)
        )
        // From the learner the same is taken: its word for what the chunk is is the manifest's.
        #expect(try await client.fetch(manifest, chunkTimeout: .seconds(30)) == damaged)
        #expect(await client.wrongChunks == 1)
        #expect(await client.detours == 1)
        await liar.stop()
        await learner.stop()
    }

    @Test func aSignatureCoversTheChecksumsAndHoldsWithoutThem() {
        let key = SigningKey()
        let (signer, verifier) = (ManifestSigner(key: key), ManifestVerifier(key: key.verifyingKey))
        let run = [UInt8](repeating: 4, count: 16)
        var signed = manifest()
        signer.sign(&signed, runID: run)
        #expect(verifier.accepts(signed, runID: run))
        #expect(!verifier.accepts(signed, runID: [UInt8](repeating: 5, count: 16)))
        var other = signed
        other.chunkChecksums[9] ^= 1
        #expect(!verifier.accepts(other, runID: run))
        other = signed
        other.chunkChecksums.swapAt(0, 1)
        #expect(!verifier.accepts(other, runID: run))
        other = signed
        other.chunkChecksums = []
        #expect(!verifier.accepts(other, runID: run))
        // An old one, to which nobody can add any.
        var old = manifest()
        old.chunkChecksums = []
        signer.sign(&old, runID: run)
        #expect(verifier.accepts(old, runID: run))
        old.chunkChecksums = signed.chunkChecksums
        #expect(!verifier.accepts(old, runID: run))
    }
}

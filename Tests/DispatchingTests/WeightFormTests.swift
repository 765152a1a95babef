import Determinism
import Dispatching
import Foundation
import Protocol
import Testing
import Transport

/// Weights that travel as something shorter.
struct WeightFormTests {
    private func decoded(_ bytes: [UInt8], _ form: WireWeightForm, _ base: [UInt8]?, count: Int) -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: count)
        let isDecoded = unsafe room.withUnsafeMutableBytes { room in
            unsafe bytes.withUnsafeBytes { data in
                guard let base else { return unsafe ChunkForm.decode(data, form: form, base: nil, into: room) }
                return unsafe base.withUnsafeBytes {
                    unsafe ChunkForm.decode(data, form: form, base: $0, into: room)
                }
            }
        }
        return isDecoded ? room : nil
    }

    @Test func everyFormGivesBackTheChunk() throws {
        let chunk = randomBytes(4000, seed: 6)
        var halves = chunk
        for i in 0..<1000 { (halves[4 * i], halves[4 * i + 1]) = (0, 0) }
        let near = stepped(chunk, keeping: 24)
        for (data, base, form) in [
            (chunk, nil, .plain), (halves, nil, .bfloat16), (near, chunk, .difference), (chunk, near, .difference),
            // Nothing alike, and no words: no form is shorter.
            (chunk, randomBytes(4000, seed: 7), .plain), (Array(chunk.dropLast()), Array(chunk.dropLast()), .plain),
            (near, Array(chunk.dropLast(4)), .plain),
        ] as [([UInt8], [UInt8]?, WireWeightForm)] {
            let packed = ChunkForm.encode(data, base: base)
            #expect(packed.form == form)
            #expect(decoded(packed.bytes, packed.form, base, count: data.count) == data)
            // One byte less is no form of it.
            #expect(decoded(Array(packed.bytes.dropLast()), packed.form, base, count: data.count) == nil)
            #expect(decoded(packed.bytes, packed.form, base, count: data.count + 4) == nil)
        }
        // A quarter of the bits is new and random: nothing can be shorter.
        #expect((1000..<1200).contains(ChunkForm.encode(near, base: chunk).bytes.count))
        #expect(ChunkForm.encode(halves, base: nil).bytes.count == 2000)
    }

    @Test func aDifferenceThatUnpacksToMoreThanTheChunkIsRefused() throws {
        // A mebibyte of nothing takes less than a hundred bytes.
        let nothing = [UInt8](repeating: 0, count: 1 << 20)
        let bomb = ChunkForm.encode(
            nothing,
            base: randomBytes(16, seed: 1) + [UInt8](repeating: 0, count: (1 << 20) - 16)
        )
        #expect(bomb.form == .difference && bomb.bytes.count < 200)
        let base = [UInt8](repeating: 0, count: 4000)
        #expect(decoded(bomb.bytes, .difference, base, count: 4000) == nil)
        // Nor is it without the weights it is to, or with what was never packed.
        #expect(decoded(bomb.bytes, .difference, nil, count: 1 << 20) == nil)
        for seed in 0..<20 {
            #expect(decoded(randomBytes(300, seed: UInt64(seed)), .difference, base, count: 4000) == nil)
        }
    }

    @Test func roundingIsToTheNearestAndTiesGoToEven() {
        // 1 + 2⁻⁸ is half-way between two of them and 1 is even; 1 + 3·2⁻⁸ is half-way, and goes up.
        #expect(roundedToBFloat16(1 + 0x1p-8) == 1)
        #expect(roundedToBFloat16(1 + 0x1p-8 + 0x1p-20) == 1 + 0x1p-7)
        #expect(roundedToBFloat16(1 + 3 * 0x1p-8) == 1 + 2 * 0x1p-7)
        #expect(roundedToBFloat16(-1 - 0x1p-8) == -1)
        #expect(roundedToBFloat16(.infinity) == .infinity)
        #expect(roundedToBFloat16(Float(bitPattern: 0x7F80_0001)).isNaN)
        #expect(roundedToBFloat16(Float(bitPattern: 0xFFFF_FFFF)).isNaN)
        for bits in [0, 0x8000_0000, 0x3F80_0000, 0x0001_0000] as [UInt32] {
            #expect(roundedToBFloat16(Float(bitPattern: bits)).bitPattern == bits)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aReceiverThatHoldsOtherWeightsGetsWhatChangedAndTheSameBits() async throws {
        let transport = InMemoryTransport()
        let serving = try await Serving(transport, sendsDifferences: true)
        let server = serving.server
        let old = randomBytes(3_000_000, seed: 5)
        let new = stepped(old, keeping: 20)
        let first = makeManifest(bytes: old, version: 1, reference: false)
        let second = makeManifest(bytes: new, version: 2, reference: false)
        try await server.publish(first, bytes: old)
        let client = try await serving.client(transport)
        #expect(try await client.fetch(first) == old)
        #expect(await server.bytesSent == 3_000_000)
        try await server.publish(second, bytes: new)
        // It is not served any more, and there is still a difference to it.
        await server.withdraw(try #require(digest(first)))
        #expect(try await client.fetch(second, base: .init(first, old)) == new)
        // 12 of 32 bits are new and random: nothing can be shorter than three eighths.
        let sent = await server.bytesSent - 3_000_000
        #expect(sent > 1_125_000 && sent < 1_600_000, "\(sent) bytes")
        #expect(await server.differencesSent == 3)
        // Weights that the server does not know do not help, nor hurt; nor do those that are asked for.
        var stranger = first
        stranger.digest = Data(repeating: 7, count: 32)
        #expect(try await client.fetch(second, base: .init(stranger, new)) == new)
        #expect(try await client.fetch(second, base: .init(second, new)) == new)
        #expect(await server.bytesSent == 9_000_000 + sent)
        await serving.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func aWrongBaseIsNoticedAndTheWholeIsNotTakenForGood() async throws {
        let transport = InMemoryTransport()
        let serving = try await Serving(transport, sendsDifferences: true)
        let old = randomBytes(40_000, seed: 15)
        let new = stepped(old, keeping: 20)
        let first = makeManifest(bytes: old, version: 1, reference: false, chunkBytes: 4000)
        let second = makeManifest(bytes: new, version: 2, reference: false, chunkBytes: 4000)
        try await serving.server.publish(first, bytes: old)
        try await serving.server.publish(second, bytes: new)
        let client = try await serving.client(transport)
        // It holds something else than it says.
        let liar = WeightClient.Base(first, stepped(old, keeping: 24))
        await #expect(throws: DispatchError.timeout(seconds: 0.3, waitingFor: "weights of version 2")) {
            try await client.fetch(second, base: liar, chunkTimeout: .milliseconds(50), deadline: .milliseconds(300))
        }
        #expect(try await client.fetch(second, chunkTimeout: .milliseconds(50)) == new)
        await serving.stop()
    }
}

/// What `manifest` names.
func digest(_ manifest: WireWeightManifest) -> Digest? { Digest(bytes: Array(manifest.digest)) }

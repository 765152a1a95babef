import Foundation
import Protocol
import Testing

struct ChunkFrameTests {
    private let run = [UInt8](repeating: 7, count: 16)
    private let sender = [UInt8](repeating: 8, count: 16)

    private func header() -> WireWeightChunk {
        var chunk = WireWeightChunk()
        chunk.digest = Data(repeating: 3, count: 32)
        chunk.index = 70_000
        chunk.form = .bfloat16
        return chunk
    }

    private func frame(_ chunk: WireWeightChunk, _ data: [UInt8]) throws -> [UInt8] {
        try EnvelopeCodec.encodeHead(of: chunk, dataBytes: data.count, runID: run, incarnation: sender) + data
    }

    @Test(arguments: [0, 1, 127, 128, 1 << 20])
    func aChunkIsTheSameForAReaderOfTheSchemaAndForOneThatLeavesTheDataInTheFrame(count: Int) throws {
        let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let frame = try frame(header(), data)
        let limit = ProtocolLimits.bulkFrameBytes
        var whole = header()
        whole.data = Data(data)
        #expect(try EnvelopeCodec.decode(frame, limit: limit).body == .weightChunk(whole))
        let (envelope, place) = try EnvelopeCodec.decodeChunk(frame.span)
        #expect(envelope.body == .weightChunk(header()))
        #expect(Array(frame[place]) == data)
        // Written in one piece by somebody else's writer, it is read as well.
        let other = try EnvelopeCodec.encode(.weightChunk(whole), runID: run, incarnation: sender, limit: limit)
        let found = try EnvelopeCodec.decodeChunk(other.span)
        #expect(found.envelope.body == .weightChunk(header()))
        #expect(Array(other[found.data]) == data)
    }

    @Test func whatIsCutShortOrClaimsToBeLongerIsRefused() throws {
        let frame = try frame(header(), [1, 2, 3])
        for count in 1..<frame.count {
            // Cut between two fields it is an envelope of less.
            let rest = Array(frame.prefix(count))
            guard let read = try? EnvelopeCodec.decodeChunk(rest.span) else { continue }
            #expect(read.data.isEmpty || read.data.upperBound <= count)
            #expect(read.data.count != 3)
        }
        // A data field of 2⁶³ bytes, and a number that does not end.
        let sizes: [[UInt8]] = [[128, 128, 128, 128, 128, 128, 128, 128, 128, 1], [UInt8](repeating: 255, count: 11)]
        for size in sizes {
            let inner = [26] + size
            let hostile = [130, 2, UInt8(inner.count)] + inner
            #expect(throws: ProtocolError.self) { try EnvelopeCodec.decodeChunk(hostile.span) }
        }
        #expect(throws: ProtocolError.oversizedFrame(bytes: 2 << 20, limit: ProtocolLimits.bulkFrameBytes)) {
            try EnvelopeCodec.decodeChunk([UInt8](repeating: 0, count: 2 << 20).span)
        }
    }

    @Test func moreThanAChunkIsNotSentAndOtherMessagesAreReadAsEver() throws {
        #expect(throws: ProtocolError.self) {
            try EnvelopeCodec.encodeHead(
                of: header(),
                dataBytes: ProtocolLimits.chunkBytes + 1,
                runID: run,
                incarnation: sender
            )
        }
        var beat = WireHeartbeat()
        beat.sequence = 5
        let frame = try EnvelopeCodec.encode(.heartbeat(beat), runID: run, incarnation: sender)
        let read = try EnvelopeCodec.decodeChunk(frame.span)
        #expect(read.envelope.body == .heartbeat(beat))
        #expect(read.data.isEmpty)
    }
}

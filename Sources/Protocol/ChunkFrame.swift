import Foundation

/// Frames with a chunk of weights, made and read without copying the chunk from message to message.
///
/// They are envelopes like any other: the encoding lets a message be written in two parts, and the second has nothing but the
/// data. Any reader of the schema understands them.
extension EnvelopeCodec {
    private enum Tag {
        /// `Envelope.weight_chunk`.
        static let chunk: UInt64 = 32 << 3 | 2
        /// `WeightChunk.data`.
        static let data: UInt64 = 3 << 3 | 2
    }

    /// The beginning of the frame that carries `chunk`, whose own data are empty: its data come right after it.
    ///
    /// - Parameters:
    ///   - chunk: its header.
    ///   - dataBytes: how many bytes of data there will be.
    ///   - runID: of the run.
    ///   - incarnation: of this process.
    /// - Returns: everything but the data.
    /// - Throws: what ``encode(_:runID:incarnation:limit:)`` throws.
    package static func encodeHead(
        of chunk: WireWeightChunk,
        dataBytes: Int,
        runID: [UInt8],
        incarnation: [UInt8]
    ) throws(ProtocolError) -> [UInt8] {
        try Check.atMost(dataBytes, ProtocolLimits.chunkBytes, "weight_chunk.data")
        let limit = ProtocolLimits.bulkFrameBytes
        let head = try encode(.weightChunk(chunk), runID: runID, incarnation: incarnation, limit: limit)
        let inner = varint(Tag.data) + varint(UInt64(dataBytes))
        return head + varint(Tag.chunk) + varint(UInt64(inner.count + dataBytes)) + inner
    }

    /// The envelope in `frame`, checked; the data of a chunk are left in the frame.
    ///
    /// - Returns: the envelope, and where in `frame` the data of its chunk are; the chunk's own data are empty.
    /// - Throws: what ``decode(_:limit:)`` throws.
    package static func decodeChunk(_ frame: Span<UInt8>) throws(ProtocolError) -> (
        envelope: WireEnvelope, data: Range<Int>
    ) {
        let limit = ProtocolLimits.bulkFrameBytes
        guard frame.count <= limit else { throw .oversizedFrame(bytes: frame.count, limit: limit) }
        var rest: [UInt8] = []
        var data = 0..<0
        var reader = FieldReader(0..<frame.count)
        while let field = try reader.next(in: frame) {
            guard field.tag == Tag.chunk else {
                append(frame, field.whole, to: &rest)
                continue
            }
            var inner: [UInt8] = []
            var within = FieldReader(field.content)
            while let part = try within.next(in: frame) {
                if part.tag == Tag.data { data = part.content } else { append(frame, part.whole, to: &inner) }
            }
            rest += varint(Tag.chunk) + varint(UInt64(inner.count)) + inner
        }
        try Check.atMost(data.count, ProtocolLimits.chunkBytes, "weight_chunk.data")
        return (try decode(rest, limit: limit), data)
    }

    private static func append(_ frame: Span<UInt8>, _ range: Range<Int>, to bytes: inout [UInt8]) {
        for i in range { bytes.append(frame[i]) }
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var value = value
        while value > 127 {
            bytes.append(UInt8(value & 127) | 128)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }
}

/// The fields of a message, one after the other, without looking into them.
private struct FieldReader {
    private var place: Int
    private let end: Int

    init(_ range: Range<Int>) {
        place = range.lowerBound
        end = range.upperBound
    }

    /// The next field: number and kind, where it is, and where its content is if its length is written before it.
    mutating func next(in bytes: Span<UInt8>) throws(ProtocolError) -> (
        tag: UInt64, whole: Range<Int>, content: Range<Int>
    )? {
        guard place < end else { return nil }
        let start = place
        let tag = try varint(in: bytes)
        var length: UInt64
        switch tag & 7 {
        case 0:
            _ = try varint(in: bytes)
            length = 0
        case 1: length = 8
        case 2: length = try varint(in: bytes)
        case 5: length = 4
        default: throw .malformed(reason: "a field of kind \(tag & 7)")
        }
        guard length <= UInt64(end - place) else { throw .malformed(reason: "a field is longer than its message") }
        let content = place..<place + Int(length)
        place = content.upperBound
        return (tag, start..<place, content)
    }

    private mutating func varint(in bytes: Span<UInt8>) throws(ProtocolError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard place < end else { throw .malformed(reason: "a field that ends too early") }
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
        }
        throw .malformed(reason: "a number of more than 64 bits")
    }
}

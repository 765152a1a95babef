package import Foundation
import Glibc

/// Writes scalars into an `events.out.tfevents.*` file, which TensorBoard shows.
///
/// The file is a sequence of records (8 bytes little-endian length, 4 bytes masked CRC-32C of the length, the data,
/// 4 bytes masked CRC-32C of the data), each an `Event` in Protocol Buffers' wire format.
package final class TensorBoardWriter: Sendable {
    private let file: AppendOnlyFile

    /// Starts a file in `directory`.
    ///
    /// - Parameters:
    ///   - directory: The run's folder for TensorBoard.
    ///   - resumedStep: The last step of the checkpoint a run goes on from: TensorBoard drops what earlier files say of
    ///     later steps.
    ///   - time: Seconds since 1970.
    /// - Throws: `TelemetryError` naming the file.
    package init(
        directory: URL,
        resumingAfter resumedStep: Int? = nil,
        time: Double = Date().timeIntervalSince1970
    ) throws(TelemetryError) {
        let host = ProcessInfo.processInfo.hostName
        // A second file of the same second and process would be taken for the first: its name must differ.
        var url: URL
        var count = 0
        repeat {
            url = directory.appendingPathComponent("events.out.tfevents.\(Int(time)).\(host).\(getpid()).\(count)")
            count += 1
        } while FileManager.default.fileExists(atPath: url.path)
        file = try AppendOnlyFile(url)
        var version = ProtobufBytes()
        version.double(field: 1, time)
        version.bytes(field: 3, Array("brain.Event:2".utf8))
        try file.append(Self.record(version.bytes))
        if let resumedStep {
            var start = ProtobufBytes()
            start.integer(field: 1, 1)
            var event = ProtobufBytes()
            event.double(field: 1, time)
            event.integer(field: 2, resumedStep + 1)
            event.bytes(field: 7, start.bytes)
            try file.append(Self.record(event.bytes))
        }
    }

    /// Adds the numbers of one step; in one write.
    package func append(step: Int, time: Double = Date().timeIntervalSince1970, metrics: [String: Double])
        throws(TelemetryError)
    {
        var summary = ProtobufBytes()
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) {
            var scalar = ProtobufBytes()
            scalar.bytes(field: 1, Array(name.utf8))
            scalar.float(field: 2, Float(value))
            summary.bytes(field: 1, scalar.bytes)
        }
        var event = ProtobufBytes()
        event.double(field: 1, time)
        event.integer(field: 2, step)
        event.bytes(field: 5, summary.bytes)
        try file.append(Self.record(event.bytes))
    }

    private static func record(_ data: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(data.count))
        return length + littleEndian(maskedChecksum(length)) + data + littleEndian(maskedChecksum(data))
    }

    private static func maskedChecksum(_ data: [UInt8]) -> UInt32 {
        let checksum = crc32c(data)
        return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }
}

/// The CRC-32C (Castagnoli) checksum of `data`.
package func crc32c(_ data: [UInt8]) -> UInt32 {
    var checksum: UInt32 = ~0
    for byte in data {
        checksum = crc32cTable[Int((checksum ^ UInt32(byte)) & 0xFF)] ^ checksum >> 8
    }
    return ~checksum
}

private let crc32cTable: [UInt32] = (0..<256).map { index in
    var value = UInt32(index)
    for _ in 0..<8 { value = value & 1 == 1 ? 0x82F6_3B78 ^ value >> 1 : value >> 1 }
    return value
}

private func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A message in Protocol Buffers' wire format, written field by field.
private struct ProtobufBytes {
    private(set) var bytes: [UInt8] = []

    mutating func integer(field: Int, _ value: Int) {
        varint(UInt64(field << 3))
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func double(field: Int, _ value: Double) {
        varint(UInt64(field << 3 | 1))
        bytes += littleEndian(value.bitPattern)
    }

    mutating func float(field: Int, _ value: Float) {
        varint(UInt64(field << 3 | 5))
        bytes += littleEndian(value.bitPattern)
    }

    mutating func bytes(field: Int, _ value: [UInt8]) {
        varint(UInt64(field << 3 | 2))
        varint(UInt64(value.count))
        bytes += value
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

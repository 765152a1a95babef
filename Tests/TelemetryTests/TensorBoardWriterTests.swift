import Foundation
import Telemetry
import Testing

struct TensorBoardWriterTests {
    /// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
    @Test func theChecksumIsCastagnolis() {
        #expect(crc32c(Array("123456789".utf8)) == 0xE306_9283)
        #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    }

    private func records(in directory: URL) throws -> [[UInt8]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(names.allSatisfy { $0.hasPrefix("events.out.tfevents.") })
        let name = try #require(names.sorted().last)
        var rest = [UInt8](try Data(contentsOf: directory.appendingPathComponent(name)))[...]
        var records: [[UInt8]] = []
        while !rest.isEmpty {
            let length = Int(rest[rest.startIndex]) | Int(rest[rest.startIndex + 1]) << 8
            records.append(Array(rest.dropFirst(12).prefix(length)))
            rest = rest.dropFirst(16 + length)
        }
        return records
    }

    /// An event by hand: 09 wall time as a double, 10 step, 2A summary {0A value {0A tag, 15 a float}}.
    @Test func anEventHasTheFieldsThatTensorBoardReads() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        let writer = try TensorBoardWriter(directory: directory, time: 1)
        try writer.append(step: 300, time: 2, metrics: ["a": 0.5])
        let records = try records(in: directory)
        let one: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]
        let two: [UInt8] = [0, 0, 0, 0, 0, 0, 0x00, 0x40]
        #expect(records.count == 2)
        #expect(records[0] == [0x09] + one + [0x1A, 13] + Array("brain.Event:2".utf8))
        let scalar: [UInt8] = [0x0A, 1, 0x61, 0x15, 0, 0, 0, 0x3F]
        #expect(records[1] == [0x09] + two + [0x10, 0xAC, 0x02, 0x2A, 10, 0x0A, 8] + scalar)
    }

    @Test func aResumedRunTellsTensorBoardWhereItGoesOn() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        _ = try TensorBoardWriter(directory: directory, time: 1)
        _ = try TensorBoardWriter(directory: directory, resumingAfter: 6, time: 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 2)
        let records = try records(in: directory)
        #expect(records.count == 2)
        #expect(records[1].suffix(6) == [0x10, 7, 0x3A, 2, 0x08, 1])
    }
}

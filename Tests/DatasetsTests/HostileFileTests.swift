import Datasets
import Foundation
import Programs
import Testing

/// Files that were damaged, or made to do damage: bounded, and named by file, line and field.
@Suite struct HostileFileTests {
    private static let row = #"{"id":"a","prompt":"p","language":"python"}"#

    private static func problems(_ bytes: [UInt8], skipBadRows: Bool = false) throws -> ProblemSet {
        try withFolder([:]) { folder in
            try Data(bytes).write(to: URL(filePath: folder + "/x.jsonl"))
            return try JSONLinesReader(file: folder + "/x.jsonl", skipBadRows: skipBadRows).problems()
        }
    }

    @Test func aByteOrderMarkAndWindowsLineEndsMeanNothing() throws {
        let text = "\u{FEFF}" + Self.row + "\r\n\r\n" + Self.row.replacing("\"a\"", with: "\"b\"") + "\r\n"
        #expect(try Self.problems(Array(text.utf8)).problems.map(\.id) == ["a", "b"])
    }

    @Test func invalidUTF8IsNamedByLineAndByte() throws {
        var bytes = Array((Self.row + "\n" + Self.row + "\n").utf8)
        bytes[Self.row.utf8.count + 1 + 7] = 0xFF
        let message = complaint { try Self.problems(bytes) }
        #expect(message.hasSuffix("x.jsonl:2: field \"row\": expected UTF-8; byte 8 of the line is 0xFF"))
        let set = try Self.problems(bytes, skipBadRows: true)
        #expect(set.problems.count == 1 && set.reading.skippedCount == 1)
    }

    @Test func aHundredThousandBracketsAreABadRow() throws {
        let deep = String(repeating: "[", count: 100_000)
        let row = #"{"id":"b","prompt":"p","language":"python","tests":"# + deep + "}"
        #expect(throws: DatasetError.self) { try Self.problems(Array(row.utf8)) }
        let set = try Self.problems(Array((row + "\n" + Self.row).utf8), skipBadRows: true)
        #expect(set.problems.map(\.id) == ["a"])
        // As a whole file, it begins like an array.
        let message = complaint { try Self.problems(Array(deep.utf8)) }
        #expect(message.contains("begins like a JSON array and is none"))
    }

    @Test func deepProgramsAreDetokenizedInBoundedTime() {
        for language in Language.allCases {
            for token in ["(", "{", "[", "\"", "'", "INDENT", "DEDENT", "NEW_LINE", "`", "<", "#"] {
                let program = String(repeating: token + " ", count: 20_000)
                #expect(Detokenizer.sourceCode(of: program, in: language).utf8.count <= 4_000_000_000)
            }
        }
    }

    @Test func aLineOfTenMegabytesIsRead() throws {
        let long = String(repeating: "x", count: 10 << 20)
        let set = try Self.problems(
            Array((#"{"id":"b","prompt":""# + long + #"","language":"c"}"# + "\n" + Self.row).utf8)
        )
        #expect(set.problems.map(\.prompt.utf8.count) == [10 << 20, 1])
    }

    @Test func manyBadRowsAreCountedAndAThousandNamed() throws {
        let set = try Self.problems(Array(String(repeating: "{}\n", count: 1500).utf8), skipBadRows: true)
        #expect(set.reading.skippedCount == 1500 && set.skipped.count == 1000)
        #expect(set.reading.notices.last == "skipped 500 more bad rows")
    }

    @Test func membersOfAPackedFileAreReadOneAfterTheOther() throws {
        // Two stored blocks, each a gzip member: header, block, CRC-32 and size of "…\n".
        func member(_ text: String, crc: [UInt8]) -> [UInt8] {
            let bytes = Array(text.utf8)
            let size = [UInt8(bytes.count), 0]
            let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
            return header + [1] + size + size.map { ~$0 } + bytes + crc + size + [0, 0]
        }
        // CRC-32 of "a\n" and "b\n".
        let bytes = member("a\n", crc: [0x07, 0xA1, 0xEA, 0xDD]) + member("b\n", crc: [0xC4, 0xF2, 0xC7, 0xF6])
        try withFolder([:]) { folder in
            let file = folder + "/x.gz"
            try Data(bytes).write(to: URL(filePath: file))
            var lines: [String] = []
            try FileLines.forEach(of: file) { (_, bytes) throws(DatasetError) in
                lines.append(String(decoding: bytes, as: UTF8.self))
                return true
            }
            #expect(lines == ["a", "b"])
        }
    }

    @Test func aLargeFileStaysOnDiskAndGivesTheSameProblems() throws {
        let rows = (0..<500).map { #"{"id":"\#($0)","prompt":"p\#($0)","language":"python","difficulty":"easy"}"# }
        let text = "\n" + rows.joined(separator: "\n\r\n") + "\n"
        try withFolder(["x.jsonl": text]) { folder in
            let reader = JSONLinesReader(file: folder + "/x.jsonl")
            let indexed = try IndexedProblems(reader)
            let whole = try reader.problems().problems
            #expect(indexed.count == 500 && (0..<500).map { indexed[$0] } == whole)
            #expect(indexed.difficultyNames == ["easy"])
        }
    }

    @Test func readingStopsWhenEnoughIsRead() throws {
        // The bad row behind the third problem is never looked at.
        let rows = (0..<3).map { #"{"id":"\#($0)","prompt":"p","language":"python"}"# } + ["{"]
        try withFolder(["x.jsonl": rows.joined(separator: "\n")]) { folder in
            let reader = JSONLinesReader(file: folder + "/x.jsonl")
            let three = try reader.problems(nil, limit: 3).problems
            #expect(three.count == 3)
            #expect(throws: DatasetError.self) { try reader.problems() }
        }
    }
}

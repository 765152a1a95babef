import Foundation

/// The lines of a file, plain or packed with gzip, one after another: the file may be larger than memory.
///
/// A byte-order mark at the beginning, and the carriage return of a Windows line end, do not belong to a line.
package enum FileLines {
    /// Longer lines are refused, so that a file without line ends cannot fill the memory.
    package static let longestLine = 64 << 20

    /// Hands every line to `body`, with its number counted from 1, until `body` returns false.
    ///
    /// - Throws: `DatasetError.missingFile`, `unreadable`, `badRow` for a line that is too long, and what `body` throws.
    package static func forEach(
        of file: String,
        _ body: (_ line: Int, _ bytes: ArraySlice<UInt8>) throws(DatasetError) -> Bool
    ) throws(DatasetError) {
        var splitter = LineSplitter(file: file)
        var failure: DatasetError?
        var isWanted = true
        /// Says whether to go on.
        func take(_ piece: [UInt8]) -> Bool {
            do throws(DatasetError) {
                isWanted = try splitter.feed(piece, body)
            } catch {
                failure = error
                isWanted = false
            }
            return isWanted
        }
        try pieces(of: file, take)
        if let failure { throw failure }
        if isWanted { try splitter.finish(body) }
    }

    /// The content of `file`, unpacked, piece by piece until `sink` returns false.
    private static func pieces(of file: String, _ sink: ([UInt8]) -> Bool) throws(DatasetError) {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
            throw .missingFile(tried: [file])
        }
        guard !isFolder.boolValue else { throw .unreadable(file: file, reason: "is a folder, expected a file") }
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw .unreadable(file: file, reason: "cannot be read")
        }
        defer { try? handle.close() }
        do {
            var piece = try handle.read(upToCount: 1 << 20) ?? Data()
            if Gzip.isGzip([UInt8](piece.prefix(2))) {
                let packed = [UInt8](piece) + [UInt8](try handle.readToEnd() ?? Data())
                return try Gzip.unpack(packed, sink)
            }
            while !piece.isEmpty, sink([UInt8](piece)) { piece = try handle.read(upToCount: 1 << 20) ?? Data() }
        } catch let error as Gzip.Damaged {
            throw .unreadable(file: file, reason: error.reason)
        } catch {
            throw .unreadable(file: file, reason: "cannot be read: \(error.localizedDescription)")
        }
    }

    /// The text of a line.
    ///
    /// - Throws: `DatasetError.badRow` that names the first byte which is not UTF-8.
    package static func text(
        _ bytes: ArraySlice<UInt8>,
        file: String,
        line: Int,
        field: String
    ) throws(DatasetError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let place = firstInvalidByte(bytes)
        let byte = String(bytes[bytes.startIndex + place], radix: 16, uppercase: true)
        throw .badRow(
            file: file,
            line: line,
            field: field,
            expected: "UTF-8; byte \(place + 1) of the line is 0x\(byte)"
        )
    }

    /// The offset of the first byte that is part of no valid UTF-8 sequence.
    private static func firstInvalidByte(_ bytes: ArraySlice<UInt8>) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var offset = 0
        while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let scalar): offset += scalar.count
            case .emptyInput, .error: return min(offset, bytes.count - 1)
            }
        }
    }
}

/// Cuts a stream of bytes into lines.
private struct LineSplitter {
    let file: String
    private var pending: [UInt8] = []
    private var line = 0

    init(file: String) { self.file = file }

    /// Takes the next piece; says whether `body` wants more.
    mutating func feed(
        _ piece: [UInt8],
        _ body: (Int, ArraySlice<UInt8>) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> Bool {
        var start = 0
        while let end = piece[start...].firstIndex(of: 10) {
            defer { start = end + 1 }
            line += 1
            if pending.isEmpty {
                guard try body(line, trimmed(piece[start..<end])) else { return false }
            } else {
                pending += piece[start..<end]
                try checkLength()
                let whole = pending
                pending = []
                guard try body(line, trimmed(whole[...])) else { return false }
            }
        }
        pending += piece[start...]
        try checkLength()
        return true
    }

    /// The last line, which may lack an end.
    mutating func finish(_ body: (Int, ArraySlice<UInt8>) throws(DatasetError) -> Bool) throws(DatasetError) {
        guard !pending.isEmpty else { return }
        line += 1
        _ = try body(line, trimmed(pending[...]))
    }

    private func checkLength() throws(DatasetError) {
        guard pending.count <= FileLines.longestLine else {
            throw .badRow(
                file: file,
                line: line + 1,
                field: "row",
                expected: "at most \(FileLines.longestLine >> 20) MiB in one line"
            )
        }
    }

    private func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        if line == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if bytes.last == 13 { bytes = bytes.dropLast() }
        return bytes
    }
}

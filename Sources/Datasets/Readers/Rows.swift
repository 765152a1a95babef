import Foundation
import Programs

/// Reads files and decodes their rows, naming file, line and field of what is wrong.
struct Rows {
    var file: String
    var skipBadRows: Bool
    private(set) var skipped: [SkippedRow] = []

    init(file: String, skipBadRows: Bool) {
        self.file = file
        self.skipBadRows = skipBadRows
    }

    /// The bytes of `file`, unpacked when it is a gzip file.
    static func bytes(of file: String) throws(DatasetError) -> [UInt8] {
        guard FileManager.default.fileExists(atPath: file) else { throw .missingFile(tried: [file]) }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw .unreadable(file: file, reason: "cannot be read")
        }
        let bytes = [UInt8](data)
        guard Gzip.isGzip(bytes) else { return bytes }
        do {
            return try Gzip.unpack(bytes)
        } catch {
            throw .unreadable(file: file, reason: error.reason)
        }
    }

    /// The lines of `file` without their ends; an empty last line is none.
    static func lines(of file: String) throws(DatasetError) -> [String] {
        let bytes = try bytes(of: file)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable(file: file, reason: "is not UTF-8")
        }
        var lines = text.split(separator: "\n" as Unicode.Scalar)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The elements of a file with one JSON object per line, or with one JSON array.
    mutating func decode<Row: Decodable, Result>(
        _ type: Row.Type,
        _ transform: (Row, _ line: Int) throws -> Result
    ) throws(DatasetError) -> [Result] {
        var result: [Result] = []
        let bytes = try Self.bytes(of: file)
        if bytes.first(where: { ![9, 10, 13, 32].contains($0) }) == UInt8(ascii: "[") {
            let items: [JSONValue]
            do {
                items = try JSONDecoder().decode([JSONValue].self, from: Data(bytes))
            } catch {
                throw .unreadable(file: file, reason: "is no JSON array")
            }
            for (index, item) in items.enumerated() {
                let data = (try? JSONEncoder().encode(item)) ?? Data()
                try row(data, line: index + 1, &result, transform)
            }
        } else {
            for (index, line) in try Self.lines(of: file).enumerated() {
                if line.allSatisfy(\.isWhitespace) { continue }
                try row(Data(line.utf8), line: index + 1, &result, transform)
            }
        }
        return result
    }

    private mutating func row<Row: Decodable, Result>(
        _ data: Data,
        line: Int,
        _ result: inout [Result],
        _ transform: (Row, _ line: Int) throws -> Result
    ) throws(DatasetError) {
        let problem: DatasetError
        do {
            result.append(try transform(try JSONDecoder().decode(Row.self, from: data), line))
            return
        } catch let error as DecodingError {
            problem = badRow(error, line: line)
        } catch let error as BadField {
            problem = .badRow(file: file, line: line, field: error.field, expected: error.expected)
        } catch {
            problem = .badRow(file: file, line: line, field: "row", expected: "a usable row: \(error)")
        }
        try skip(problem, line: line)
    }

    /// Notes a bad row, or throws it unless bad rows are to be skipped.
    mutating func skip(_ problem: DatasetError, line: Int) throws(DatasetError) {
        guard skipBadRows else { throw problem }
        var reason = "\(problem)"
        let place = "\(file):\(line): "
        if reason.hasPrefix(place) { reason.removeFirst(place.count) }
        skipped.append(SkippedRow(file: file, line: line, reason: reason))
    }

    private func badRow(_ error: DecodingError, line: Int) -> DatasetError {
        func path(_ context: DecodingError.Context) -> String {
            let keys = context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }
            return keys.isEmpty ? "row" : keys.joined(separator: ".").replacing(".[", with: "[")
        }
        switch error {
        case .keyNotFound(let key, let context):
            let outer = path(context)
            let field = outer == "row" ? key.stringValue : "\(outer).\(key.stringValue)"
            return .badRow(file: file, line: line, field: field, expected: "a value, the field is missing")
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            return .badRow(file: file, line: line, field: path(context), expected: "\(type)")
        case .dataCorrupted(let context):
            return .badRow(
                file: file,
                line: line,
                field: path(context),
                expected: "valid JSON: \(context.debugDescription)"
            )
        @unknown default:
            return .badRow(file: file, line: line, field: "row", expected: "valid JSON")
        }
    }
}

/// A field that decodes and cannot be used.
struct BadField: Error {
    var field: String
    var expected: String
}

extension String {
    /// Splits at `separator`, keeping empty parts; a `\r` before it stays, since `\r\n` is one `Character`.
    fileprivate func split(separator: Unicode.Scalar) -> [String] {
        unicodeScalars.split(separator: separator, omittingEmptySubsequences: false).map { String($0) }
    }
}

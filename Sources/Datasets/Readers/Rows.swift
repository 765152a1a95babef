import Foundation
import Programs

/// Reads files and decodes their rows, naming file, line and field of what is wrong.
struct Rows {
    /// Bad rows that are kept by name; later ones are only counted.
    private static let namedRows = 1000
    /// A JSON array must be in memory as a whole, so that it is refused above this size, bytes.
    private static let largestArray = 1 << 30

    private(set) var file: String
    let skipBadRows: Bool
    private(set) var reading = DatasetReading()

    init(file: String, skipBadRows: Bool) {
        self.file = file
        self.skipBadRows = skipBadRows
    }

    /// The lines of a small text file; an empty last line is none.
    static func lines(of file: String) throws(DatasetError) -> [String] {
        var lines: [String] = []
        try FileLines.forEach(of: file) { (line, bytes) throws(DatasetError) in
            lines.append(try FileLines.text(bytes, file: file, line: line, field: "line"))
            return true
        }
        return lines
    }

    /// The text of a small file, to its last line end.
    static func text(of file: String) throws(DatasetError) -> String {
        let text = try lines(of: file).joined(separator: "\n")
        let handle = FileHandle(forReadingAtPath: file)
        guard let size = try? handle?.seekToEnd(), size > 0 else { return text }
        try? handle?.seek(toOffset: size - 1)
        let last = try? handle?.read(upToCount: 1)
        return last == Data([10]) ? text + "\n" : text
    }

    /// A file that is one JSON value.
    static func value<Value: Decodable>(_ type: Value.Type, of file: String) throws(DatasetError) -> Value {
        let data = Data(try text(of: file).utf8)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw badRow(error, file: file, line: 1)
        } catch {
            throw .unreadable(file: file, reason: "\(error)")
        }
    }

    /// Decodes the rows of the file, or of `other`, one JSON object per line or one JSON array, until `body` returns false.
    ///
    /// `body` uses a row; it throws `BadField` when it cannot, `FilteredRow` when the task has no use for it.
    mutating func forEach<Row: Decodable>(
        _ type: Row.Type,
        of other: String? = nil,
        _ body: (Row, _ line: Int) throws -> Bool
    ) throws(DatasetError) {
        if let other { file = other }
        let name = file
        var array: [UInt8]?
        var isFirst = true
        try FileLines.forEach(of: name) { (line, bytes) throws(DatasetError) in
            if array != nil {
                array? += bytes + [10]
                guard (array?.count ?? 0) <= Self.largestArray else {
                    throw .unreadable(
                        file: name,
                        reason: "is a JSON array of more than 1 GiB: write one object per line"
                    )
                }
                return true
            }
            guard let first = bytes.first(where: { ![9, 13, 32].contains($0) }) else { return true }
            if isFirst, first == UInt8(ascii: "[") {
                array = bytes + [10]
                return true
            }
            isFirst = false
            return try row(bytes, line: line, body)
        }
        if let array { try elements(of: array, body) }
    }

    private mutating func elements<Row: Decodable>(
        of array: [UInt8],
        _ body: (Row, _ line: Int) throws -> Bool
    ) throws(DatasetError) {
        _ = try FileLines.text(array[...], file: file, line: 1, field: "array")
        let items: [JSONValue]
        do {
            items = try JSONDecoder().decode([JSONValue].self, from: Data(array))
        } catch {
            throw .unreadable(file: file, reason: "begins like a JSON array and is none")
        }
        for (index, item) in items.enumerated() {
            let bytes = [UInt8]((try? JSONEncoder().encode(item)) ?? Data())
            guard try row(bytes[...], line: index + 1, body) else { return }
        }
    }

    /// Decodes one row; says whether to go on.
    private mutating func row<Row: Decodable>(
        _ bytes: ArraySlice<UInt8>,
        line: Int,
        _ body: (Row, _ line: Int) throws -> Bool
    ) throws(DatasetError) -> Bool {
        let problem: DatasetError
        do {
            _ = try FileLines.text(bytes, file: file, line: line, field: "row")
            return try body(try JSONDecoder().decode(Row.self, from: Data(bytes)), line)
        } catch let error as FilteredRow {
            filter(error.reason)
            return true
        } catch let error as DecodingError {
            problem = Self.badRow(error, file: file, line: line)
        } catch let error as BadField {
            problem = .badRow(file: file, line: line, field: error.field, expected: error.expected)
        } catch DatasetError.badRow(let file, let line, let field, let expected) {
            problem = .badRow(file: file, line: line, field: field, expected: expected)
        } catch let error as DatasetError {
            throw error
        } catch {
            problem = .badRow(file: file, line: line, field: "row", expected: "a usable row: \(error)")
        }
        try skip(problem, line: line)
        return true
    }

    /// Counts a sound row that is left out for `reason`, as the data set's papers do.
    mutating func filter(_ reason: String) { reading.filtered[reason, default: 0] += 1 }

    /// Notes a bad row, or throws it unless bad rows are to be skipped.
    mutating func skip(_ problem: DatasetError, line: Int) throws(DatasetError) {
        guard skipBadRows else { throw problem }
        reading.skippedCount += 1
        guard reading.skipped.count < Self.namedRows else { return }
        var reason = "\(problem)"
        let place = "\(file):\(line): "
        if reason.hasPrefix(place) { reason.removeFirst(place.count) }
        reading.skipped.append(SkippedRow(file: file, line: line, reason: reason))
    }

    private static func badRow(_ error: DecodingError, file: String, line: Int) -> DatasetError {
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

/// A sound row that the task does not use.
struct FilteredRow: Error {
    var reason: String
}

/// A field that decodes and cannot be used.
struct BadField: Error {
    var field: String
    var expected: String
}

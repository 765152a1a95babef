import ArgumentParser
import Datasets
import Dispatch
import Foundation
import Learner
import Programs
import Telemetry

/// Where a command's rows come from and go to.
struct RowOptions: ParsableArguments {
    @Option(help: ArgumentHelp("File for the result rows; none: stdout.", valueName: "file"))
    var output: String?

    @Flag(help: "Name bad rows, count them and go on, instead of stopping at the first.")
    var skipBadRows = false
}

/// The rows of a file of JSON lines, read one after another so that the file may be larger than memory.
///
/// Reading happens on a thread of its own: a command that is fed through a pipe answers while it waits for more.
final class JSONLinesInput<Row: Sendable>: Sendable {
    /// A row and the line it stands in, counted from 1.
    struct Numbered: Sendable {
        var line: Int
        var row: Row
    }

    private struct State {
        var lines: LineReader
        var skipped = 0
        var failure: DatasetError?
    }

    /// The name of the file in messages.
    let name: String
    private let queue = DispatchQueue(label: "input")
    private let skipBadRows: Bool
    private let decode: @Sendable (Data) throws -> Row
    // SAFETY: only blocks of the serial queue touch it.
    nonisolated(unsafe) private var state: State

    /// Opens `path`; `-` is stdin.
    ///
    /// - Parameters:
    ///   - path: a file of one JSON object per line; empty lines mean nothing.
    ///   - skipBadRows: whether a bad row is named and counted, rather than thrown.
    ///   - transform: makes a row of what was decoded; throws ``BadField`` when it cannot be used.
    /// - Throws: `DatasetError` when there is no such file, or it cannot be read.
    init<Raw: Decodable & SendableMetatype>(
        _ path: String,
        skipBadRows: Bool,
        _ transform: @escaping @Sendable (Raw) throws -> Row
    ) throws(DatasetError) {
        let lines = try LineReader(path: path)
        name = lines.name
        self.skipBadRows = skipBadRows
        let decoder = JSONDecoder()
        decode = { try transform(try decoder.decode(Raw.self, from: $0)) }
        unsafe state = State(lines: lines)
    }

    /// The next rows.
    ///
    /// - Parameters:
    ///   - count: fewer come at the end of the file only, so that chunks do not depend on who writes into a pipe when.
    ///   - atHand: whether the rows that are there already will do, if there is one.
    /// - Returns: up to `count` rows; nil at the end of the file.
    /// - Throws: `DatasetError.badRow` once the rows before the bad one have been handed out.
    func next(upTo count: Int, atHand: Bool = false) async throws -> [Numbered]? {
        let outcome = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<[Numbered]?, DatasetError>, Never>) in
            queue.async { [self] in
                continuation.resume(returning: Result { () throws(DatasetError) in try read(upTo: count, atHand) })
            }
        }
        return try outcome.get()
    }

    /// The next row; nil at the end of the file.
    func next() async throws -> Numbered? { try await next(upTo: 1)?.first }

    /// Tells how many rows were left out, when any were.
    func reportSkipped() async {
        let skipped = await withCheckedContinuation { continuation in
            queue.async { [self] in continuation.resume(returning: unsafe state.skipped) }
        }
        if skipped > 0 { writeNotice("\(name): \(skipped) bad row\(skipped == 1 ? "" : "s") skipped") }
    }

    private func read(upTo count: Int, _ atHand: Bool) throws(DatasetError) -> [Numbered]? {
        if let failure = unsafe state.failure { throw failure }
        var rows: [Numbered] = []
        while rows.count < count {
            if atHand, !rows.isEmpty, unsafe !state.lines.hasLine { return rows }
            let next: Numbered?
            do throws(DatasetError) {
                next = try readOne()
            } catch {
                guard !rows.isEmpty else { throw error }
                unsafe state.failure = error
                return rows
            }
            guard let next else { return rows.isEmpty ? nil : rows }
            rows.append(next)
        }
        return rows
    }

    private func readOne() throws(DatasetError) -> Numbered? {
        while let bytes = try unsafe state.lines.next() {
            let line = unsafe state.lines.line
            if bytes.allSatisfy({ [9, 13, 32].contains($0) }) { continue }
            do {
                return Numbered(line: line, row: try decode(Data(bytes)))
            } catch {
                let bad = badRow(bytes, line, error)
                guard skipBadRows else { throw bad }
                unsafe state.skipped += 1
                writeNotice("skipped \(bad)")
            }
        }
        return nil
    }

    /// What is wrong with a line: its bytes, before what the decoder made of them.
    private func badRow(_ bytes: some Sequence<UInt8>, _ line: Int, _ error: any Error) -> DatasetError {
        do throws(DatasetError) {
            _ = try FileLines.text(ArraySlice(bytes), file: name, line: line, field: "row")
        } catch {
            return error
        }
        let problem = BadField(error)
        return .badRow(file: name, line: line, field: problem.field, expected: problem.expected)
    }
}

/// A field of a row that cannot be used, and what was expected in it.
struct BadField: Error {
    var field: String
    var expected: String

    init(_ field: String, expected: String) {
        self.field = field
        self.expected = expected
    }

    /// What a decoder's error says, in a user's words.
    init(_ error: any Error) {
        switch error {
        case let bad as BadField:
            self = bad
        case DecodingError.keyNotFound(let key, let context):
            let outer = Self.path(context)
            self.init(
                outer == "row" ? key.stringValue : "\(outer).\(key.stringValue)",
                expected: "a value, the field is missing"
            )
        case DecodingError.typeMismatch(let type, let context), DecodingError.valueNotFound(let type, let context):
            self.init(Self.path(context), expected: Self.name(of: type))
        case DecodingError.dataCorrupted(let context):
            let path = Self.path(context)
            if path.hasSuffix("kind") {
                self.init(path, expected: "one of stdio, call, assert, program")
            } else {
                self.init(
                    path,
                    expected: path == "row" ? "one JSON object" : "a usable value: \(context.debugDescription)"
                )
            }
        default:
            self.init("row", expected: "a usable row: \(error)")
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        let keys = context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }
        return keys.isEmpty ? "row" : keys.joined(separator: ".").replacing(".[", with: "[")
    }

    private static func name(of type: any Any.Type) -> String {
        switch "\(type)" {
        case "String": "a text in quotes"
        case "Int", "Int32", "UInt64", "UInt32": "an integer"
        case "Double", "Float": "a number"
        case "Bool": "true or false"
        case let name where name.hasPrefix("Array"): "a list in brackets"
        default: "a JSON object"
        }
    }
}

/// The lines of a file or of stdin, without their ends.
struct LineReader {
    /// Longer lines are refused, so that a file without line ends cannot fill the memory.
    private static let longestLine = 64 << 20

    /// The name of the file in messages.
    let name: String
    /// The line read last, counted from 1.
    private(set) var line = 0
    private let file: FileHandle
    private var buffer: [UInt8] = []
    /// Where the unread bytes begin, and how far no line end has been seen.
    private var start = 0
    private var scanned = 0
    private var isAtEnd = false

    /// Opens `path`; `-` is stdin.
    init(path: String) throws(DatasetError) {
        guard path != "-" else {
            name = "stdin"
            file = FileHandle.standardInput
            return
        }
        name = path
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .missingFile(tried: [path])
        }
        guard !isFolder.boolValue else {
            throw .unreadable(file: path, reason: "is a folder, expected a file of JSON lines")
        }
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw .unreadable(file: path, reason: "cannot be read")
        }
        self.file = file
    }

    /// Whether the next line need not be waited for.
    var hasLine: Bool { buffer[scanned...].contains(10) }

    /// The next line; nil at the end.
    mutating func next() throws(DatasetError) -> ArraySlice<UInt8>? {
        while true {
            if let end = buffer[scanned...].firstIndex(of: 10) {
                defer { (start, scanned) = (end + 1, end + 1) }
                line += 1
                return buffer[start..<end]
            }
            scanned = buffer.count
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                line += 1
                return buffer[start...]
            }
            try fill()
        }
    }

    private mutating func fill() throws(DatasetError) {
        guard buffer.count - start <= Self.longestLine else {
            throw .badRow(
                file: name,
                line: line + 1,
                field: "row",
                expected: "at most \(Self.longestLine >> 20) MiB in one line"
            )
        }
        buffer.removeFirst(start)
        scanned -= start
        start = 0
        var part = [UInt8](repeating: 0, count: 1 << 16)
        var count: Int
        repeat {
            count = unsafe read(file.fileDescriptor, &part, part.count)
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw .unreadable(file: name, reason: "cannot be read: \(systemError(errno))") }
        isAtEnd = count == 0
        buffer += part.prefix(count)
    }
}

/// The system's sentence for an error number.
func systemError(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

/// The name of a row, a text or an integer, given back as it came.
struct RowID: Codable, Sendable, Hashable, CustomStringConvertible {
    private let value: JSONValue

    init(from decoder: any Decoder) throws {
        value = try JSONValue(from: decoder)
        switch value {
        case .string, .integer: break
        default: throw BadField("id", expected: "a text or an integer")
        }
    }

    func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }

    var description: String {
        switch value {
        case .string(let text): text
        case .integer(let number): "\(number)"
        default: ""
        }
    }
}

/// The language called `name` in a row.
///
/// - Throws: ``BadField`` that lists the languages.
func rowLanguage(_ name: String) throws -> Language {
    guard let language = Language(name: name) else {
        let names = Language.allCases.map(\.rawValue).joined(separator: ", ")
        throw BadField("language", expected: "one of \(names); found \"\(name)\"")
    }
    return language
}

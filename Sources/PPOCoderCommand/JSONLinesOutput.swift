import Datasets
import Foundation

/// A file of JSON lines, or stdout, that grows row by row.
final class JSONLinesOutput {
    private let path: String?
    private var file: FileHandle?
    private let encoder: JSONEncoder

    /// - Parameter path: the file to write; nil is stdout.
    /// - Throws: `DatasetError.unreadable` when its folder is not there, before any work is done.
    init(_ path: String?) throws(DatasetError) {
        self.path = path
        encoder = JSONEncoder()
        // The order of members would otherwise change from run to run.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity",
            negativeInfinity: "-Infinity",
            nan: "NaN"
        )
        guard let path else {
            file = FileHandle.standardOutput
            return
        }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard FileManager.default.fileExists(atPath: folder), FileManager.default.isWritableFile(atPath: folder) else {
            throw .unreadable(file: path, reason: "cannot be written: \(folder) is not a folder that can be written to")
        }
        var isFolder: ObjCBool = false
        if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw .unreadable(file: path, reason: "cannot be written: it is a folder")
        }
    }

    /// Adds one row.
    ///
    /// The file is emptied by the first, so that a command that never gets there spoils nothing.
    func write(_ row: some Encodable) throws { try write(rows: CollectionOfOne(row)) }

    /// Adds rows, all at once.
    func write(rows: some Collection<some Encodable>) throws {
        var lines = Data()
        for row in rows {
            lines.append(try encoder.encode(row))
            lines.append(UInt8(ascii: "\n"))
        }
        try opened().write(contentsOf: lines)
    }

    /// Ends the file; one without rows is there, empty.
    func finish() throws { _ = try opened() }

    private func opened() throws -> FileHandle {
        if let file { return file }
        let path = path ?? ""
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw DatasetError.unreadable(file: path, reason: "cannot be written: \(systemError(errno))")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        file = handle
        return handle
    }
}

/// Writes `value` as one JSON object on stdout.
func printJSON(_ value: some Encodable) throws {
    let output = try JSONLinesOutput(nil)
    try output.write(value)
}

/// What a task of `mapInOrder` has done.
private enum MapEvent<Row: Sendable, Value: Sendable>: Sendable {
    case row(Result<Row?, any Error>)
    case value(Int, Value)
}

/// Applies `work` to rows, several at a time; gives the results to `emit` in the order of the rows.
///
/// Memory is bounded by `window` rows and results. When `next` throws, what came before is finished first.
///
/// - Parameters:
///   - window: rows between the oldest one whose result is awaited and the newest one taken.
///   - next: the next row, nil at the end; called by one task at a time.
///   - work: what is done with a row, and its number.
///   - emit: takes the next result.
/// - Throws: what `next`, `work` or `emit` throws.
func mapInOrder<Row: Sendable, Value: Sendable>(
    window: Int,
    next: @escaping @Sendable () async throws -> Row?,
    work: @escaping @Sendable (Row, _ index: Int) async throws -> Value,
    emit: (Value) throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: MapEvent<Row, Value>.self) { group in
        var finished: [Int: Value] = [:]
        var (taken, emitted) = (0, 0)
        var (isReading, isAtEnd) = (false, false)
        var failure: (any Error)?
        func readMore() {
            guard !isReading, !isAtEnd, taken - emitted < window else { return }
            isReading = true
            group.addTask {
                do { return .row(.success(try await next())) } catch { return .row(.failure(error)) }
            }
        }
        readMore()
        while let event = try await group.next() {
            switch event {
            case .row(.success(let row)):
                isReading = false
                guard let row else {
                    isAtEnd = true
                    break
                }
                let index = taken
                taken += 1
                group.addTask { .value(index, try await work(row, index)) }
            case .row(.failure(let error)):
                (isReading, isAtEnd) = (false, true)
                failure = error
            case .value(let index, let value):
                finished[index] = value
                while let value = finished.removeValue(forKey: emitted) {
                    try emit(value)
                    emitted += 1
                }
            }
            readMore()
        }
        if let failure { throw failure }
    }
}

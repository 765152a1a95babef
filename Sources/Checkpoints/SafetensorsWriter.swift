package import Foundation

/// Writes a safetensors file of F32 tensors, whole or not at all.
///
/// The bytes go to a temporary file beside `url`, are synced, and the file is renamed into place. Equal input gives
/// equal bytes.
///
/// - Parameters:
///   - tensors: In the order in which their data are laid out; `values` has as many elements as `shape` says.
///   - metadata: Strings for `__metadata__`; `transformers` insists on `format` = `pt`.
///   - url: The file to create or replace; its directory exists.
/// - Throws: `CheckpointError.unwritable`.
package func writeSafetensors(
    _ tensors: [(name: String, shape: [Int], values: UnsafeBufferPointer<Float>)],
    metadata: [String: String],
    to url: URL
) throws(CheckpointError) {
    var fields: [String] = []
    if !metadata.isEmpty {
        let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
        fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var end = 0
    for i in unsafe tensors.indices {
        let (name, shape) = unsafe (tensors[i].name, tensors[i].shape)
        let count = unsafe tensors[i].values.count
        precondition(shape.reduce(1, *) == count, "\(name) has another number of elements than its shape")
        let start = end
        end += count * MemoryLayout<Float>.stride
        let dimensions = shape.map(String.init).joined(separator: ",")
        fields.append(
            "\(quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(dimensions)],\"data_offsets\":[\(start),\(end)]}"
        )
    }
    var header = Array("{\(fields.joined(separator: ","))}".utf8)
    header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }

    let file = try TemporaryFile(for: url)
    try file.write(length + header)
    for i in unsafe tensors.indices { unsafe try file.write(UnsafeRawBufferPointer(tensors[i].values)) }
    try file.commit()
}

/// `text` as a JSON string.
private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case _ where scalar.value < 0x20: result += String(format: "\\u%04x", scalar.value)
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// A file under construction beside its final place; it vanishes unless `commit()` is reached.
package struct TemporaryFile: ~Copyable {
    private let target: URL
    private let path: String
    private let descriptor: Int32

    /// Creates an empty file in the directory of `url`.
    package init(for url: URL) throws(CheckpointError) {
        target = url
        let directory = url.deletingLastPathComponent().path
        path = "\(directory)/.\(url.lastPathComponent).\(UUID().uuidString)"
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw TemporaryFile.failure(url.path) }
    }

    /// Appends `bytes`.
    package borrowing func write(_ bytes: [UInt8]) throws(CheckpointError) {
        let failure: CheckpointError? = unsafe bytes.withUnsafeBytes { bytes in
            do throws(CheckpointError) {
                unsafe try write(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// Appends `bytes`.
    package borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            let piece = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            let written = unsafe Foundation.write(descriptor, piece.baseAddress, piece.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw TemporaryFile.failure(target.path) }
            unsafe rest = unsafe rest.dropFirst(written)
        }
    }

    /// Syncs the file, renames it to its final name and syncs the directory.
    package borrowing func commit() throws(CheckpointError) {
        guard fsync(descriptor) == 0, unsafe rename(path, target.path) == 0 else {
            throw TemporaryFile.failure(target.path)
        }
        let directory = unsafe open(target.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw TemporaryFile.failure(target.path) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw TemporaryFile.failure(target.path) }
    }

    private static func failure(_ path: String) -> CheckpointError {
        unsafe .unwritable(path: path, reason: String(cString: strerror(errno)))
    }

    deinit {
        close(descriptor)
        // After a commit there is nothing left of this name.
        unsafe _ = unlink(path)
    }
}

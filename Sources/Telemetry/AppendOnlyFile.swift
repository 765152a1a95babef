import Foundation
import Glibc

/// A file that only grows: each `append` is one write at its end.
final class AppendOnlyFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// Opens `url`, making it and its folder when they are not there.
    init(_ url: URL) throws(TelemetryError) {
        path = url.path
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
        } catch {
            throw .system(operation: "make the folder of", file: url.path, code: errno)
        }
        descriptor = unsafe open(url.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(operation: "open", file: url.path, code: errno) }
    }

    deinit { close(descriptor) }

    /// Adds `bytes` in one `write(2)`, so that another writer's bytes never come in between.
    func append(_ bytes: [UInt8]) throws(TelemetryError) {
        var start = 0
        while start < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[start...])
                return unsafe write(descriptor, rest.baseAddress, rest.count)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .system(operation: "write", file: path, code: errno) }
            // Less than everything is written only when the disk is full or a signal came; the rest follows.
            start += written
        }
    }
}

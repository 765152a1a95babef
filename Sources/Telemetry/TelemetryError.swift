import Foundation

/// What can go wrong when a run's numbers are written or read.
package enum TelemetryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call on `file` failed.
    case system(operation: String, file: String, code: Int32)
    /// A line of a log is not a record.
    case malformedRecord(file: String, line: Int, expected: String)

    package var description: String {
        switch self {
        case .system(let operation, let file, let code):
            "\(file): cannot \(operation): \(systemMessage(code))"
        case .malformedRecord(let file, let line, let expected):
            "\(file), line \(line): expected \(expected)"
        }
    }
}

/// The system's words for an error code.
private func systemMessage(_ code: Int32) -> String {
    NSError(domain: NSPOSIXErrorDomain, code: Int(code)).localizedDescription
}

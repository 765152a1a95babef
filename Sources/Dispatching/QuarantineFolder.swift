package import Foundation
import Programs
package import Protocol

/// Jobs that were given up, each in a file that `ppocoder judge --input` replays.
package struct QuarantineFolder: Sendable {
    private struct Row: Encodable {
        let id: String
        let language: String
        let program: String
        let tests: [TestCase]
        let limits: ExecutionLimits
        let coverage: Bool
        let stop_at_first_failure: Bool
        let compare: String?
        /// Why it is here; not read by `judge`.
        let reason: String
    }

    private let folder: URL

    package init(_ folder: URL) { self.folder = folder }

    /// Keeps a job.
    ///
    /// - Returns: what people should know of it: how to replay it, or why it could not be kept.
    package func keep(_ request: WireExecutionRequest, reason: String) -> String {
        let name = request.jobDigest.prefix(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let file = folder.appending(path: "\(name).jsonl")
        do {
            let job = try request.job()
            let row = Row(
                id: name,
                language: job.language.rawValue,
                program: job.program,
                tests: job.tests,
                limits: job.limits,
                coverage: job.options.coverage,
                stop_at_first_failure: job.options.stopAtFirstFailure,
                compare: job.options.comparison?.rawValue,
                reason: reason
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try (encoder.encode(row) + [10]).write(to: file, options: .atomic)
            return "job \(name) is given up: \(reason). Replay: ppocoder judge --input \(file.path)"
        } catch {
            return "job \(name) is given up: \(reason). It could not be kept in \(file.path): \(error)"
        }
    }
}

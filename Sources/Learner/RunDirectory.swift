package import Foundation

/// The folder of a run: where each of its files is.
package struct RunDirectory: Sendable {
    package let url: URL

    package init(configuration: RunConfiguration) {
        url = URL(filePath: configuration.run.outputPath).appending(path: configuration.run.name)
    }

    package init(url: URL) { self.url = url }

    package var configuration: URL { url.appending(path: "config.yaml") }
    package var metrics: URL { url.appending(path: "metrics.jsonl") }
    package var tensorboard: URL { url.appending(path: "tensorboard") }
    package var ledger: URL { url.appending(path: "ledger.sqlite") }
    package var reference: URL { url.appending(path: "reference") }
    package var warmStart: URL { url.appending(path: "sft") }
    package var checkpoints: URL { url.appending(path: "checkpoints") }
    package var latest: URL { url.appending(path: "latest") }
    package var final: URL { url.appending(path: "final") }

    /// The generations written at the end of `epoch`.
    package func generations(epoch: Int) -> URL {
        let digits = String(epoch)
        let name = "epoch-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
        return url.appending(path: "generations").appending(path: name)
    }

    /// Makes the folder.
    ///
    /// - Throws: ``LearnerError/runDirectory(path:reason:)`` when it is there already or cannot be made.
    package func create() throws(LearnerError) {
        if FileManager.default.fileExists(atPath: configuration.path) {
            throw .runDirectory(
                path: url.path,
                reason: "holds a run already: continue it with --resume, or choose another --run name"
            )
        }
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw .runDirectory(path: url.path, reason: "cannot be made (\(error.localizedDescription))")
        }
    }
}

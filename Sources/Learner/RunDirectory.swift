internal import Datasets
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
    package var rollouts: URL { url.appending(path: "rollouts.jsonl") }
    package var trace: URL { url.appending(path: "trace.jsonl") }
    package var reference: URL { url.appending(path: "reference") }
    package var warmStart: URL { url.appending(path: "sft") }
    package var checkpoints: URL { url.appending(path: "checkpoints") }
    package var latest: URL { url.appending(path: "latest") }
    package var final: URL { url.appending(path: "final") }

    /// Writes what the policy generated at the end of `epoch`, beside the reference policy's answers and the gold.
    ///
    /// The reference policy's answers to the held-out problems are those of epoch 0, when it was the policy; training
    /// problems differ from epoch to epoch, and it answered none of them.
    func writeGenerations(
        epoch: Int,
        test: [String],
        testGold: [String],
        train: [String],
        trainGold: [String]
    ) throws(DatasetError) {
        let files = GenerationFiles(directory: url.path)
        try files.write(test, epoch: epoch, split: .test, author: .model)
        try files.write(testGold, epoch: epoch, split: .test, author: .gold)
        let reference = epoch == 0 ? test : try files.read(epoch: 0, split: .test, author: .model)
        try files.write(reference, epoch: epoch, split: .test, author: .reference)
        guard !train.isEmpty else { return }
        try files.write(train, epoch: epoch, split: .train, author: .model)
        try files.write(trainGold, epoch: epoch, split: .train, author: .gold)
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

import ArgumentParser
import Datasets
import Foundation
import Learner
import Telemetry
import Transformer

/// `ppocoder replay`: PPO updates from recorded rollouts.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Does the PPO updates of recorded rollouts, without workers.",
        discussion: """
            Reads rows as `run.record_rollouts: true` writes them to rollouts.jsonl, one trajectory per row with its \
            "step", steps ascending; does one PPO iteration per step and writes the model directory. With the start \
            model and the config.yaml of a run the weights are those of the run, bit for bit; their SHA-256 is printed \
            after each step.
            """
    )

    @Option(help: ArgumentHelp("Model directory to start from.", valueName: "folder"))
    var model: String

    @Option(
        help: ArgumentHelp("File of recorded trajectories, one JSON object per line; - is stdin.", valueName: "file")
    )
    var rollouts: String

    @Option(
        help: ArgumentHelp("Folder for the resulting model directory; it gets replay.jsonl too.", valueName: "folder")
    )
    var output: String

    @Option(
        help: ArgumentHelp(
            "Run directory whose weights and metrics every step must have, bit for bit; the first that differs ends the command with exit code 1.",
            valueName: "run"
        )
    )
    var against: String?

    @OptionGroup var settings: ConfigurationOptions

    @Flag(help: "Print one JSON object per step on stdout: step, trajectories, weights, metrics.")
    var json = false

    func run() async throws {
        let configuration = try settings.load()
        let start = try PolicyModel.load(from: model)
        let size = start.parameters.configuration.vocabularySize
        let input = try JSONLinesInput(rollouts, skipBadRows: false) { (row: ReplayRow) in
            if let problem = row.problem(vocabularySize: size) {
                throw BadField(problem.field, expected: problem.expected)
            }
            return row
        }
        let folder = URL(filePath: output)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw DatasetError.unreadable(
                file: output,
                reason: "cannot be made a folder: \(error.localizedDescription)"
            )
        }
        let log = try JSONLinesOutput(folder.appending(path: "replay.jsonl").path)
        let replay = try ReplayRun(model: start, configuration: configuration)
        let recorded = try against.map { try RecordedRun(RunDirectory(url: URL(filePath: $0))) }
        writeNotice("replay: start weights \(replay.weights)")
        let steps = ReplaySteps(input: input)
        var updates = 0
        while let (step, batch) = try await steps.next() {
            let update = try await replay.update(step: step, trajectories: batch)
            updates += 1
            try log.write(update)
            if json { try printJSON(update) }
            try recorded?.require(update)
            writeNotice(
                "replay: step \(step)  \(batch.count) trajectories  "
                    + "clip \(fixed(update.metrics["actor/pg_clipfrac"] ?? .nan, digits: 3))  weights \(update.weights)"
            )
        }
        guard updates > 0 else { throw DatasetError.unreadable(file: input.name, reason: "has no trajectories") }
        try replay.save(to: folder)
        try log.finish()
        let same = against.map { "; weights and metrics are those of \($0)" } ?? ""
        writeNotice("replay: \(updates) updates; model in \(output)\(same)")
    }
}

/// What a run recorded of its updates.
private struct RecordedRun {
    private let weights: [Int: String]
    private let metrics: [Int: [String: Double]]

    init(_ run: RunDirectory) throws {
        weights = try RunComparison.weights(run)
        metrics = try RunComparison.learntMetrics(run)
        guard !weights.isEmpty else {
            throw LearnerError.runDirectory(path: run.url.path, reason: "has recorded no iteration")
        }
    }

    /// - Throws: ``ReplayDifference`` when an update did not do what the run did.
    func require(_ update: ReplayRun.Update) throws {
        // Metrics first: they say more.
        let done = update.step + 1
        let known = metrics[done] ?? [:]
        let made = update.metrics.filter { RunComparison.isLearnt($0.key) }
        if let (name, replayed, recorded) = RunComparison.difference(made, known.filter { made.keys.contains($0.key) })
        {
            throw ReplayDifference(
                step: update.step,
                name: name,
                replayed: "\(replayed ?? .nan)",
                recorded: "\(recorded ?? .nan)"
            )
        }
        guard let expected = weights[update.step], expected == update.weights else {
            throw ReplayDifference(
                step: update.step,
                name: "weights",
                replayed: update.weights,
                recorded: weights[update.step] ?? "none"
            )
        }
    }
}

/// The first thing that a replay did not reproduce.
private struct ReplayDifference: Error, CustomStringConvertible {
    var step: Int
    var name: String
    var replayed: String
    var recorded: String

    var description: String { "step \(step): \(name) is \(replayed), the run recorded \(recorded)" }
}

/// Groups rows by step.
private final class ReplaySteps {
    private let input: JSONLinesInput<ReplayRow>
    private var first: JSONLinesInput<ReplayRow>.Numbered?

    init(input: JSONLinesInput<ReplayRow>) { self.input = input }

    /// The next step with its trajectories; nil at the end.
    ///
    /// - Throws: `DatasetError.badRow` when steps go down or a slot comes twice.
    func next() async throws -> (step: Int, batch: [Trajectory])? {
        let begin: JSONLinesInput<ReplayRow>.Numbered?
        if let first { begin = first } else { begin = try await input.next() }
        first = nil
        guard let begin else { return nil }
        let step = begin.row.step
        var batch = [begin.row.trajectory]
        var slots: Set<Int> = [begin.row.trajectory.slot]
        while let numbered = try await input.next() {
            guard numbered.row.step == step else {
                guard numbered.row.step > step else {
                    throw bad(numbered.line, "step", "\(step) or more: steps ascend; found \(numbered.row.step)")
                }
                first = numbered
                break
            }
            guard slots.insert(numbered.row.trajectory.slot).inserted else {
                throw bad(
                    numbered.line,
                    "slot",
                    "a slot that step \(step) has not had; found \(numbered.row.trajectory.slot) again"
                )
            }
            batch.append(numbered.row.trajectory)
        }
        return (step, batch)
    }

    private func bad(_ line: Int, _ field: String, _ expected: String) -> DatasetError {
        .badRow(file: input.name, line: line, field: field, expected: expected)
    }
}

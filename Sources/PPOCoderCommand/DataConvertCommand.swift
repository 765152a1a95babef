import ArgumentParser
import Datasets
import Determinism
import Foundation
import Learner
import Programs
import Telemetry

/// `ppocoder data convert`: a data set in the plain JSON-lines form, or a completion corpus from Python files.
struct DataConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Writes a data set as plain JSON lines, or builds a completion corpus from Python files.",
        discussion: """
            The plain form is read back with --task jsonl. With --python-files FOLDER every function below the folder that \
            compiles is written, as rows that --task completion reads: train, validation and test.jsonl in the folder \
            --output, 80, 10 and 10 of 100 by a hash of the function's text, repeats left out. With --beginnings N training \
            functions are tried cut after N of their lines, too.
            """
    )

    @OptionGroup var dataset: DatasetOptions

    @Option(help: ArgumentHelp("Build a completion corpus from the Python files below.", valueName: "folder"))
    var pythonFiles: String?

    @Option(
        help: ArgumentHelp(
            "With --python-files: also write training functions cut after this many of their lines, where that compiles.",
            valueName: "count"
        )
    )
    var beginnings = 0

    @Option(help: ArgumentHelp("File, or with --python-files folder, to write.", valueName: "path"))
    var output: String

    @Flag(help: "Leave out problems whose reference does not compile, or fails its tests.")
    var soundOnly = false

    func validate() throws {
        guard beginnings >= 0, beginnings == 0 || pythonFiles != nil else {
            throw ValidationError("--beginnings is \(beginnings), expected 0, or more beside --python-files")
        }
    }

    func run() async throws {
        if let pythonFiles { return try await corpus(of: pythonFiles) }
        let (configuration, reader, split) = try dataset.source()
        let rows = try JSONLinesOutput(output)
        let feed = ProblemFeed(reader, split: split, limit: configuration.data.evaluationProblems)
        let judge = soundOnly ? try await JudgeOnThisMachine(slots: configuration.sandbox.slots) : nil
        let progress = ProgressDisplay()
        var (written, unsound) = (0, 0)
        try await mapInOrder(window: judge?.window ?? 64) {
            try await feed.next()
        } work: { problem, _ -> (Problem, Bool) in
            guard let judge else { return (problem, true) }
            let verdict = await judge.verdict(on: ExecutionJob(problem, program: problem.reference))
            return (problem, verdict.outcome == .accepted)
        } emit: { problem, isSound in
            guard isSound else {
                unsound += 1
                return
            }
            try rows.write(problem)
            written += 1
            if written.isMultiple(of: 1000) {
                progress.show(ProgressLine(step: written, totalSteps: nil, unit: "rows"))
            }
        }
        progress.finish()
        await judge?.close()
        try rows.finish()
        for notice in feed.reading.notices { writeNotice(notice) }
        let left = soundOnly ? ", \(unsound) left out whose reference is not sound" : ""
        writeNotice("data convert: \(written) problems in \(output)\(left)")
    }

    /// A function of the corpus, in the form that the completion reader takes.
    private struct Row: Codable, Sendable {
        var id: String
        var code: String
        var language = "python"
        var compiles = true
    }

    private func corpus(of folder: String) async throws {
        let configuration = try dataset.settings.load(flags: dataset.flags)
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        var files: [Split: JSONLinesOutput] = [:]
        for split in Split.allCases { files[split] = try JSONLinesOutput("\(output)/\(split.rawValue).jsonl") }
        let functions = try PythonCorpus(folder: folder, limit: dataset.limit ?? 0)
        let judge = try await JudgeOnThisMachine(slots: configuration.sandbox.slots)
        let progress = ProgressDisplay()
        var (kept, refused, cut) = ([Split: Int](), 0, 0)
        let beginnings = beginnings
        try await mapInOrder(window: judge.window) {
            functions.next()
        } work: { function, _ -> [Row] in
            var sound: [Row] = []
            for row in Self.rows(of: function, beginnings: beginnings) {
                let job = ExecutionJob(id: row.id, language: .python, program: row.code, tests: [])
                if await judge.verdict(on: job).outcome == .accepted {
                    sound.append(row)
                } else if row.id == function.id {
                    break
                }
            }
            return sound
        } emit: { rows in
            guard let function = rows.first else {
                refused += 1
                return
            }
            let split = Self.split(of: function.code)
            kept[split, default: 0] += 1
            cut += rows.count - 1
            for row in rows { try files[split]?.write(row) }
            let count = kept.values.reduce(0, +)
            if count.isMultiple(of: 1000) { progress.show(ProgressLine(step: count, totalSteps: nil, unit: "rows")) }
        }
        progress.finish()
        await judge.close()
        for file in files.values { try file.finish() }
        let counts = Split.allCases.map { "\(kept[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        let more = beginnings > 0 ? ", \(cut) beginnings of training functions" : ""
        writeNotice(
            "data convert: \(counts) functions\(more) in \(output); left out: \(refused) that do not compile, "
                + "\(functions.repeats) repeats, \(functions.unreadable) files that are not UTF-8"
        )
    }

    /// The function, and for training its beginnings that no hash puts into another split.
    private static func rows(of function: PythonCorpus.Item, beginnings count: Int) -> [Row] {
        let whole = Row(id: function.id, code: function.code)
        guard split(of: function.code) == .train else { return [whole] }
        return [whole]
            + PythonFunctions.beginnings(of: function.code, atMost: count)
            .filter { split(of: $0) == .train }
            .map { code in
                Row(id: "\(function.id)/\(code.utf8.count { $0 == UInt8(ascii: "\n") })", code: code)
            }
    }

    private static func split(of code: String) -> Split {
        switch Digest(of: code).bytes[0] {
        case ..<205: .train
        case ..<231: .validation
        default: .test
        }
    }
}

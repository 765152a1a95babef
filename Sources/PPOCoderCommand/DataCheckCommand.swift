import ArgumentParser
import Datasets
import Foundation
import Learner
import Programs
import Telemetry

/// `ppocoder data check`: the gold ceiling.
struct DataCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Judges the reference programs of a data set: the share that compiles and passes.",
        discussion: """
            No model can honestly do better than the references do, so that eval and train show this ceiling beside their \
            rates (--set data.gold_ceiling=FILE). Every failure is listed with its diagnostics. Exit code 1 when a program \
            could not be judged.
            """
    )

    @OptionGroup var dataset: DatasetOptions

    @Option(help: ArgumentHelp("File for the ceiling, read by eval and train.", valueName: "file"))
    var ceiling: String?

    @Option(help: ArgumentHelp("File for one JSON row per reference that failed.", valueName: "file"))
    var failures: String?

    @Option(help: "Failures to name on stderr, from the first; the file has them all.")
    var show = 20

    @Flag(help: "Print the figures, and the failures, as one JSON object on stdout.")
    var json = false

    /// A reference that failed.
    struct Failure: Encodable, Sendable {
        var id: String
        var language: String
        var verdict: String
        var tests: String
        var diagnostics: String
    }

    private struct Report: Encodable {
        var ceiling: GoldCeiling
        var problems: Int
        var withoutReference: Int
        var unjudged: Int
        var failures: [Failure]

        private enum CodingKeys: String, CodingKey {
            case ceiling, problems, unjudged, failures
            case withoutReference = "without_reference"
        }
    }

    func run() async throws {
        let (configuration, reader, split) = try dataset.source()
        let rows = try failures.map { try JSONLinesOutput($0) }
        let name = reader.name + (split.map { " \($0.rawValue)" } ?? "")
        var report = Report(
            ceiling: GoldCeiling(name: name),
            problems: 0,
            withoutReference: 0,
            unjudged: 0,
            failures: []
        )
        let feed = ProblemFeed(reader, split: split, limit: configuration.data.evaluationProblems)
        let judge = try await JudgeOnThisMachine(slots: configuration.sandbox.slots)
        let progress = ProgressDisplay()
        try await mapInOrder(window: judge.window) {
            try await feed.next()
        } work: { problem, _ -> (Problem, Verdict?) in
            guard !problem.reference.isEmpty else { return (problem, nil) }
            let limited = limited(problem, configuration)
            return (problem, await judge.verdict(on: ExecutionJob(limited, program: limited.reference)))
        } emit: { problem, verdict in
            report.problems += 1
            if let verdict {
                if let failure = report.ceiling.add(problem, verdict, unjudged: &report.unjudged) {
                    report.failures.append(failure)
                    try rows?.write(failure)
                }
            } else {
                report.withoutReference += 1
            }
            guard report.problems.isMultiple(of: 100) else { return }
            let total = report.ceiling.total
            progress.show(
                ProgressLine(
                    step: report.problems,
                    totalSteps: nil,
                    unit: "problems",
                    passRate: total.passRate,
                    compileRate: total.compileRate
                )
            )
        }
        progress.finish()
        await judge.close()
        try rows?.finish()
        if let ceiling { try report.ceiling.write(to: ceiling) }
        for notice in feed.reading.notices { writeNotice(notice) }
        for failure in report.failures.prefix(show) {
            writeNotice("\(failure.id)  \(failure.verdict)  \(failure.tests)\n\(indented(failure.diagnostics))")
        }
        writeNotice(table(report).plain)
        if json { try printJSON(report) }
        if report.unjudged > 0 {
            writeNotice("data check: \(report.unjudged) programs could not be judged and are left out of the rates")
            throw ExitCode(1)
        }
    }

    private func indented(_ text: String) -> String {
        text.split(separator: "\n").prefix(6).map { "    \($0.prefix(160))" }.joined(separator: "\n")
    }

    private func table(_ report: Report) -> Table {
        var table = Table(columns: [report.ceiling.name, "references", "compile", "%", "pass", "%"])
        let rows = report.ceiling.languages.sorted { $0.key < $1.key }
        for (name, counts) in rows + (rows.count > 1 ? [("all", report.ceiling.total)] : []) {
            table.addRow([
                name, "\(counts.judged)", "\(counts.compiled)", percent(counts.compileRate), "\(counts.passed)",
                percent(counts.passRate),
            ])
        }
        return table
    }

    private func percent(_ share: Double?) -> String { share.map { fixed(100 * $0, digits: 2) } ?? "–" }
}

extension GoldCeiling {
    /// Counts a verdict on a reference; says what went wrong.
    fileprivate mutating func add(
        _ problem: Problem,
        _ verdict: Verdict,
        unjudged: inout Int
    ) -> DataCheckCommand.Failure? {
        let isJudged = verdict.outcome != .infrastructureFailure
        if isJudged {
            languages[problem.language.rawValue, default: Counts()].judged += 1
            if verdict.outcome != .compileError { languages[problem.language.rawValue]?.compiled += 1 }
            if verdict.outcome == .accepted { languages[problem.language.rawValue]?.passed += 1 }
        } else {
            unjudged += 1
        }
        guard verdict.outcome != .accepted else { return nil }
        return DataCheckCommand.Failure(
            id: problem.id,
            language: problem.language.rawValue,
            verdict: verdict.outcome.rawValue,
            tests: "\(verdict.testsPassed)/\(verdict.testsTotal)",
            diagnostics: String(verdict.diagnostics.prefix(2000))
        )
    }
}

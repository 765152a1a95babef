import ArgumentParser
import CodeAnalysis
import Datasets
import Foundation
import Learner
import Programs
import Telemetry

/// `ppocoder eval`: how well a model writes programs.
struct EvalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Measures pass@k, compile rate, exact match, edit similarity, BLEU and CodeBLEU on a data set split.",
        discussion: """
            One greedy completion per problem (or --beams N) gives pass@1 and the similarities to the reference; --samples N \
            more give the unbiased pass@k = 1 − C(n−c,k)/C(n,k). Intervals are 95 % percentile bootstraps over problems. \
            Programs are judged in a sandbox on this machine. The tables go to stderr. Exit code 1 when a completion could not \
            be judged.
            """
    )

    @Option(help: ArgumentHelp("Model directory; not with --completions.", valueName: "folder"))
    var model: String?

    @Option(
        help: ArgumentHelp(
            "Evaluate these completions, without a model: {\"id\",\"completions\":[…]} or {\"task_id\",\"completion\"} rows.",
            valueName: "file"
        )
    )
    var completions: String?

    @OptionGroup var dataset: DatasetOptions

    @Option(help: "Sampled completions per problem, for pass@k; 0 is none.")
    var samples = 0

    @Option(help: "Beams of the first completion; 0 takes the most likely token each time.")
    var beams = 0

    @Option(help: "With --beams: completions compare by log-probability / length to this power.")
    var lengthPenalty = 1.0

    @Option(help: "n of n@k: submissions out of the samples, those that pass the public tests first; may be repeated.")
    var submissions: [Int] = []

    @Option(help: "With --submissions: tests of a problem, from the first, that are public.")
    var publicTests = 1

    @Option(help: "Softmax temperature of the samples (rollout.temperature).")
    var temperature: Float?

    @Option(help: "Threads that generate; 0 is one per core. The result does not depend on it.")
    var threads = 0

    @Option(
        name: [.customLong("baseline_output_dir"), .customLong("baseline-output-dir")],
        help: ArgumentHelp(
            "Compare with the generations stored here: {split}.model.txt, or a run directory's last epoch.",
            valueName: "folder"
        )
    )
    var baseline: String?

    @Option(help: ArgumentHelp("Gold ceiling to show beside the rates (data.gold_ceiling).", valueName: "file"))
    var ceiling: String?

    @Option(help: ArgumentHelp("File for one row per problem, with texts and verdicts.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("File for the tables in Markdown.", valueName: "file"))
    var markdown: String?

    @Option(
        help: ArgumentHelp(
            "File for a page with every problem, its samples, verdicts and differences.",
            valueName: "file"
        )
    )
    var html: String?

    @Flag(help: "Print the figures as one JSON object on stdout.")
    var json = false

    func validate() throws {
        guard samples >= 0 else { throw ValidationError("--samples is \(samples), expected 0 or more") }
        guard threads >= 0 else { throw ValidationError("--threads is \(threads), expected 0 (one per core) or more") }
        guard (0...64).contains(beams) else { throw ValidationError("--beams is \(beams), expected 0 to 64") }
        guard publicTests >= 1 else { throw ValidationError("--public-tests is \(publicTests), expected 1 or more") }
        guard submissions.allSatisfy({ $0 >= 1 }) else { throw ValidationError("--submissions: expected 1 or more") }
        guard (model == nil) != (completions == nil) else {
            throw ValidationError("expected either --model or --completions")
        }
        guard completions == nil || samples == 0 && beams == 0 else {
            throw ValidationError("--completions is the completions: leave out --samples and --beams")
        }
    }

    private var flags: [String] {
        var flags = dataset.flags
        if let temperature { flags.append("rollout.temperature=\(temperature)") }
        if let ceiling { flags.append("data.gold_ceiling=\(ceiling)") }
        return flags
    }

    func run() async throws {
        var configuration = try dataset.settings.load(flags: flags)
        guard configuration.data.kind?.isBuiltin != true || configuration.data.evaluationSplit == "test" else {
            throw ValidationError(
                "--split is \(configuration.data.evaluationSplit), expected test: the built-in problems are judged on held-out ones"
            )
        }
        configuration.model.path = model ?? configuration.model.path
        let gold = try configuration.data.goldCeiling.isEmpty ? nil : GoldCeiling(file: configuration.data.goldCeiling)
        let policy = try model.map { try PolicyModel.load(from: $0) }
        let set = try ProblemSource.evaluationSet(configuration)
        for notice in set.reading.notices { writeNotice(notice) }
        let old = try baseline.map { try baselinePrograms($0, configuration, count: set.problems.count) }
        let rows = try output.map { try JSONLinesOutput($0) }
        let (source, problems, samples) = try await source(policy, configuration, set)
        let work = EvalWork(
            judge: try await JudgeOnThisMachine(slots: configuration.sandbox.slots),
            analyzer: try CodeAnalyzer(),
            publicTests: submissions.isEmpty ? 0 : publicTests
        )
        let all = try await evaluate(problems, source, work, samples: samples)
        for row in all { try rows?.write(row) }
        try rows?.finish()
        let seed = configuration.run.seed
        let figures = EvalFigure.all(first: source.firstName, samples: samples, submissions: submissions)
        let title = "\(set.name) \(configuration.data.evaluationSplit), \(model ?? completions ?? "")"
        var report = EvalReport(title: title, rows: all, figures: figures, seed: seed)
        report.ceiling = gold
        if let old {
            let texts = old.programs.map { EvalTexts(first: ($0, true), samples: []) }
            let rows = try await work.rows(of: set.problems[...], texts: texts)
            report.baseline = EvalBaseline(file: old.file, rows: rows, now: all, figures: figures, seed: seed)
        }
        await work.judge.close()
        try write(report, problems)
    }

    private func source(
        _ policy: PolicyModel?,
        _ configuration: RunConfiguration,
        _ set: ProblemSet
    ) async throws -> (source: any EvalSource, problems: [Problem], samples: Int) {
        if let completions {
            let given = try await GivenCompletions(completions)
            let problems = try given.problems(among: set.problems, file: completions)
            if problems.count < set.problems.count {
                writeNotice(
                    "eval: \(set.problems.count - problems.count) problems have no completions and are left out"
                )
            }
            return (EvalGiven(given: given), problems, given.samples)
        }
        guard let policy else { throw ValidationError("expected either --model or --completions") }
        let source = EvalModel(
            configuration: configuration,
            samples: samples,
            beams: beams,
            lengthPenalty: lengthPenalty,
            pool: GeneratePool(model: policy, threads: threads)
        )
        return (source, set.problems, samples)
    }

    private func evaluate(
        _ problems: [Problem],
        _ source: any EvalSource,
        _ work: EvalWork,
        samples: Int
    ) async throws -> [EvalRow] {
        let progress = ProgressDisplay()
        progress.note(
            "eval: \(problems.count) problems, 1 \(source.firstName) and \(samples) sampled completions each"
        )
        let cursor = EvalCursor(problems: problems, size: max(1, GenerateLane.batch / max(1, samples)))
        var rows: [EvalRow] = []
        var (passed, compiled) = (0, 0)
        try await mapInOrder(window: source.window) {
            cursor.next()
        } work: { chunk, index in
            try await work.rows(of: chunk, texts: await source.texts(of: chunk, index: index))
        } emit: { chunk in
            rows += chunk
            passed += chunk.count(where: \.greedy.passed)
            compiled += chunk.count(where: \.greedy.compiled)
            progress.show(
                ProgressLine(
                    step: rows.count,
                    totalSteps: problems.count,
                    unit: "problem",
                    passRate: Double(passed) / Double(rows.count),
                    compileRate: Double(compiled) / Double(rows.count)
                )
            )
        }
        progress.finish()
        return rows
    }

    private func baselinePrograms(
        _ folder: String,
        _ configuration: RunConfiguration,
        count: Int
    ) throws -> (file: String, programs: [String]) {
        guard completions == nil else {
            throw ValidationError("--baseline_output_dir needs a model: its files have one program for every problem")
        }
        let split = Split(rawValue: configuration.data.evaluationSplit) ?? .test
        let found = try EvalBaseline.programs(in: folder, split: split)
        guard found.programs.count == count else {
            throw DatasetError.unreadable(
                file: found.file,
                reason: "has \(found.programs.count) programs, expected one for each of the \(count) problems (--limit)"
            )
        }
        return found
    }

    private func write(_ report: EvalReport, _ problems: [Problem]) throws {
        let tables = [report.table] + report.groupTables + (report.baseline.map { [$0.table] } ?? [])
        for table in tables { writeNotice(table.plain) }
        if let markdown {
            let text = "# \(report.title)\n\n" + tables.map(\.markdown).joined(separator: "\n")
            try save(text, to: markdown)
        }
        if let html { try save(EvalPage(report: report, problems: problems).text, to: html) }
        if json { try printJSON(report) }
        for reason in report.reasons.sorted() { writeNotice("eval: could not be judged: \(reason)") }
        if report.unjudged > 0 {
            writeNotice("eval: \(report.unjudged) completions could not be judged and are left out of the rates")
            throw ExitCode(1)
        }
    }

    private func save(_ text: String, to file: String) throws {
        do {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        } catch {
            throw DatasetError.unreadable(file: file, reason: "cannot be written: \(error.localizedDescription)")
        }
    }
}

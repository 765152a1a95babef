import ArgumentParser
import Datasets
import Foundation
import Learner
import Programs
import Telemetry
import Tokenization

/// `ppocoder data`: what a data set holds, whether its own answers are right, and the same in a plain form.
struct DataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Inspects, checks and converts data sets.",
        subcommands: [DataInspectCommand.self, DataCheckCommand.self, DataConvertCommand.self]
    )
}

/// `ppocoder data inspect`: counts, lengths and samples.
struct DataInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Counts problems, measures their lengths, shows samples, and tells what was left out and why.",
        discussion: "Lengths are counted in tokens with --tokenizer, else in bytes. Nothing is executed."
    )

    @OptionGroup var dataset: DatasetOptions

    @Option(help: "Problems to show whole, from the first.")
    var samples = 0

    @Flag(help: "Print the figures as one JSON object on stdout.")
    var json = false

    func run() async throws {
        let (configuration, reader, split) = try dataset.source()
        let path = configuration.data.tokenizer.isEmpty ? configuration.model.path : configuration.data.tokenizer
        let tokenizer = path.isEmpty ? nil : try Tokenizer(directory: URL(filePath: path))
        var summary = DataSummary(name: reader.name, unit: tokenizer == nil ? "bytes" : "tokens")
        let limit = configuration.data.evaluationProblems
        let reading = try reader.forEach(split) { (problem) throws(DatasetError) in
            summary.add(problem) { tokenizer?.encode(bytes: Array($0.utf8)).count ?? $0.utf8.count }
            if summary.problems <= samples { writeNotice(Self.sample(problem)) }
            return limit == 0 || summary.problems < limit
        }
        summary.leftOut = reading.filtered
        summary.badRows = reading.skippedCount
        writeNotice(summary.table.plain)
        for notice in reading.notices { writeNotice(notice) }
        if json { try printJSON(summary) }
    }

    private static func sample(_ problem: Problem) -> String {
        var parts = [
            "── \(problem.id)  \(problem.language.rawValue)  \(problem.tests.count) tests  \(problem.difficulty)"
        ]
        parts.append(problem.prompt)
        if !problem.preamble.isEmpty, problem.preamble != problem.prompt {
            parts.append("── preamble\n\(problem.preamble)")
        }
        parts.append("── to write\n\(problem.target)")
        return parts.joined(separator: "\n")
    }
}

/// What `data inspect` counts.
struct DataSummary: Encodable {
    /// Lengths of one kind of text.
    struct Lengths: Encodable {
        private var values: [Int32] = []

        mutating func add(_ value: Int) { values.append(Int32(clamping: value)) }

        /// Mean, median, ninth decile and maximum; nil without values.
        var figures: (mean: Double, median: Int, p90: Int, maximum: Int)? {
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted()
            func quantile(_ share: Double) -> Int {
                Int(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))])
            }
            let mean = sorted.reduce(0.0) { $0 + Double($1) } / Double(sorted.count)
            return (mean, quantile(0.5), quantile(0.9), quantile(1))
        }

        private enum CodingKeys: String, CodingKey {
            case mean, median, p90, maximum
        }

        func encode(to encoder: any Encoder) throws {
            guard let figures else { return }
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(figures.mean, forKey: .mean)
            try fields.encode(figures.median, forKey: .median)
            try fields.encode(figures.p90, forKey: .p90)
            try fields.encode(figures.maximum, forKey: .maximum)
        }
    }

    var name: String
    /// What lengths are counted in.
    var unit: String
    private(set) var problems = 0
    private(set) var withReference = 0
    private(set) var withTests = 0
    private(set) var tests = 0
    private(set) var languages: [String: Int] = [:]
    private(set) var difficulties: [String: Int] = [:]
    private(set) var prompt = Lengths()
    private(set) var target = Lengths()
    var leftOut: [String: Int] = [:]
    var badRows = 0

    private enum CodingKeys: String, CodingKey {
        case name, unit, problems, tests, languages, difficulties, prompt, target
        case withReference = "with_reference"
        case withTests = "with_tests"
        case leftOut = "left_out"
        case badRows = "bad_rows"
    }

    init(name: String, unit: String) {
        self.name = name
        self.unit = unit
    }

    /// Counts a problem, whose texts are measured by `length`.
    mutating func add(_ problem: Problem, _ length: (String) -> Int) {
        problems += 1
        tests += problem.tests.count
        withTests += problem.tests.isEmpty ? 0 : 1
        languages[problem.language.rawValue, default: 0] += 1
        if !problem.difficulty.isEmpty { difficulties[problem.difficulty, default: 0] += 1 }
        prompt.add(length(problem.prompt))
        guard !problem.reference.isEmpty else { return }
        withReference += 1
        target.add(length(problem.target))
    }

    /// The figures for people.
    var table: Table {
        var table = Table(columns: [name, ""])
        func list(_ counts: [String: Int]) -> String {
            counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
                .joined(separator: ", ")
        }
        table.addRow(["problems", "\(problems)"])
        table.addRow(["with a reference", "\(withReference)"])
        table.addRow(["with tests", "\(withTests) (\(tests) tests)"])
        table.addRow(["languages", list(languages)])
        if !difficulties.isEmpty { table.addRow(["difficulty", list(difficulties)]) }
        for (name, lengths) in [("prompt", prompt), ("to write", target)] {
            guard let figures = lengths.figures else { continue }
            let text =
                "mean \(fixed(figures.mean, digits: 1)), median \(figures.median), 90 % \(figures.p90), max \(figures.maximum)"
            table.addRow(["\(name), \(unit)", text])
        }
        return table
    }
}

import Datasets
import Foundation
import Programs
import Telemetry

/// One figure with its interval.
struct EvalResult: Sendable {
    var figure: EvalFigure
    var value: Double?
    var interval: ClosedRange<Double>?

    /// The value for people, in percent.
    var text: String { value.map { fixed(figure.isShare ? 100 * $0 : $0, digits: 1) } ?? "–" }

    var intervalText: String {
        guard let interval else { return "" }
        let factor: Double = figure.isShare ? 100 : 1
        return "\(fixed(factor * interval.lowerBound, digits: 1)) – \(fixed(factor * interval.upperBound, digits: 1))"
    }
}

/// The figures of a group of problems.
struct EvalGroup: Sendable {
    var name: String
    var problems: Int
    var results: [EvalResult]
}

/// The figures of an evaluation.
///
/// Rates lie in 0 … 1; similarities to the reference are percentages.
struct EvalReport: Sendable {
    /// What was evaluated, in people's words.
    var title: String
    let rows: [EvalRow]
    let figures: [EvalFigure]
    let results: [EvalResult]
    /// By difficulty and by language, where there is more than one.
    let groups: [(kind: String, groups: [EvalGroup])]
    var ceiling: GoldCeiling?
    /// Figures of the baseline's generations for the same problems, and of the difference to them.
    var baseline: EvalBaseline?

    init(title: String, rows: [EvalRow], figures: [EvalFigure], seed: UInt64) {
        self.title = title
        self.rows = rows
        self.figures = figures
        results = Self.results(rows, figures, seed: seed)
        groups = [("difficulty", \EvalRow.difficulty), ("language", \.language)].compactMap { kind, path in
            let parts = Dictionary(grouping: rows) { $0[keyPath: path] }
            guard parts.count > 1 else { return nil }
            let groups = parts.sorted { $0.key < $1.key }.map { name, rows in
                EvalGroup(
                    name: name.isEmpty ? "none given" : name,
                    problems: rows.count,
                    results: Self.results(rows, figures, seed: seed)
                )
            }
            return (kind, groups)
        }
    }

    private static func results(_ rows: [EvalRow], _ figures: [EvalFigure], seed: UInt64) -> [EvalResult] {
        let bootstrap = Bootstrap(count: rows.count, seed: seed)
        let everything = rows.indices.map { Int32($0) }
        return figures.map { figure in
            let values = EvalFigure.Values(figure, rows)
            return EvalResult(
                figure: figure,
                value: values.value(of: everything),
                interval: bootstrap.interval { values.value(of: $0) }
            )
        }
    }

    /// Completions that could not be judged, left out of every rate.
    var unjudged: Int { rows.reduce(0) { $0 + ([$1.greedy] + $1.samples).count { !$0.isJudged } } }

    /// Why they could not.
    var reasons: Set<String> {
        Set(rows.flatMap { [$0.greedy] + $0.samples }.filter { !$0.isJudged }.map(\.verdict.diagnostics))
    }

    /// Problems with a reference program, over which the similarities are means.
    var references: Int { rows.count { $0.exactMatch != nil } }

    /// The figures for people: the value, its interval, and the gold ceiling where it is known.
    var table: Table {
        var columns = ["\(rows.count) problems", "%", "95 % interval"]
        if ceiling != nil { columns.append("gold ceiling") }
        var table = Table(columns: columns)
        for result in results {
            var cells = [result.figure.label, result.text, result.intervalText]
            if let ceiling { cells.append(Self.ceiling(ceiling, for: result.figure)) }
            table.addRow(cells)
        }
        return table
    }

    /// The share of the references that compile or pass, beside the rates that cannot be higher.
    private static func ceiling(_ ceiling: GoldCeiling, for figure: EvalFigure) -> String {
        let share =
            figure.key.hasSuffix("compile_rate")
            ? ceiling.total.compileRate : figure.key.contains("@") ? ceiling.total.passRate : nil
        return share.map { fixed(100 * $0, digits: 1) } ?? ""
    }

    /// One table per kind of group.
    var groupTables: [Table] {
        groups.map { kind, groups in
            var table = Table(columns: [kind] + groups.map { "\($0.name) (\($0.problems))" })
            for (index, figure) in figures.enumerated() {
                table.addRow([figure.label] + groups.map { $0.results[index].text })
            }
            return table
        }
    }
}

extension EvalReport: Encodable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
        init(_ name: String) { stringValue = name }
    }

    private struct Figures: Encodable {
        var problems: Int
        var results: [EvalResult]

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: Key.self)
            try fields.encode(problems, forKey: Key("problems"))
            try EvalReport.encode(results, into: &fields)
        }
    }

    private static func encode(_ results: [EvalResult], into fields: inout KeyedEncodingContainer<Key>) throws {
        for result in results { try fields.encode(result.value, forKey: Key(result.figure.key)) }
        let intervals = results.reduce(into: [String: [Double]]()) { intervals, result in
            intervals[result.figure.key] = result.interval.map { [$0.lowerBound, $0.upperBound] }
        }
        try fields.encode(intervals, forKey: Key("intervals"))
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(title, forKey: Key("title"))
        try fields.encode(rows.count, forKey: Key("problems"))
        try fields.encode(references, forKey: Key("references"))
        try fields.encode(unjudged, forKey: Key("unjudged"))
        try Self.encode(results, into: &fields)
        for (kind, groups) in groups {
            let parts = groups.reduce(into: [String: Figures]()) {
                $0[$1.name] = Figures(problems: $1.problems, results: $1.results)
            }
            try fields.encode(parts, forKey: Key("by_\(kind)"))
        }
        if let ceiling { try fields.encode(ceiling, forKey: Key("gold_ceiling")) }
        if let baseline { try fields.encode(baseline, forKey: Key("baseline")) }
    }
}

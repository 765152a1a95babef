import Datasets
import Foundation
import Telemetry

/// The generations of an earlier policy for the same problems, and what has changed since.
struct EvalBaseline: Sendable, Encodable {
    /// The file the generations came from.
    var file: String
    var rows: [EvalRow]
    private(set) var before: [Comparison]

    /// One figure before and after.
    struct Comparison: Sendable, Encodable {
        var label: String
        var key: String
        var isShare: Bool
        var before: Double?
        var after: Double?
        /// 95 % interval of the difference, problems resampled in pairs.
        var interval: [Double]?

        private enum CodingKeys: String, CodingKey {
            case key, before, after
            case interval = "difference_interval"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case file
        case before = "figures"
    }

    /// Compares `rows`, the baseline's, with `now`, problem by problem.
    init(file: String, rows: [EvalRow], now: [EvalRow], figures: [EvalFigure], seed: UInt64) {
        self.file = file
        self.rows = rows
        let bootstrap = Bootstrap(count: now.count, seed: seed)
        let everything = now.indices.map { Int32($0) }
        before = figures.compactMap { figure in
            // The baseline has one completion per problem.
            let old = EvalFigure.Values(figure, rows)
            let new = EvalFigure.Values(figure, now)
            guard let before = old.value(of: everything) else { return nil }
            let interval = bootstrap.interval { choice in
                guard let a = old.value(of: choice), let b = new.value(of: choice) else { return nil }
                return b - a
            }
            return Comparison(
                label: figure.label,
                key: figure.key,
                isShare: figure.isShare,
                before: before,
                after: new.value(of: everything),
                interval: interval.map { [$0.lowerBound, $0.upperBound] }
            )
        }
    }

    /// Before, after and the difference, for people.
    var table: Table {
        var table = Table(columns: ["against the baseline", "before", "after", "change", "95 % interval"])
        for row in before {
            let factor: Double = row.isShare ? 100 : 1
            func text(_ value: Double?) -> String { value.map { fixed(factor * $0, digits: 1) } ?? "–" }
            func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + fixed(factor * value, digits: 1) }
            let change = row.before.flatMap { before in row.after.map { signed($0 - before) } } ?? "–"
            let interval = row.interval.map { "\(signed($0[0])) … \(signed($0[1]))" } ?? ""
            table.addRow([row.label, text(row.before), text(row.after), change, interval])
        }
        return table
    }

    /// The programs that `folder` has for `split`: `{split}.model.txt` in it, or in the last epoch of its `generations/`.
    static func programs(in folder: String, split: Split) throws(DatasetError) -> (file: String, programs: [String]) {
        let direct = "\(folder)/\(split.rawValue).model.txt"
        if FileManager.default.fileExists(atPath: direct) { return (direct, try GenerationFiles.read(direct)) }
        let epochs = ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/generations")) ?? []).sorted()
        let files = epochs.map { "\(folder)/generations/\($0)/\(split.rawValue).model.txt" }
        guard let last = files.last(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw .missingFile(tried: [direct, "\(folder)/generations/epoch-…/\(split.rawValue).model.txt"])
        }
        return (last, try GenerationFiles.read(last))
    }
}

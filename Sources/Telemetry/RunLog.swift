package import Foundation

/// The numbers of a run, one JSON object per line and step, in `metrics.jsonl`.
///
/// A line is `{"step":12,"time":1700000000.5,"critic/score/mean":0.31,…}`; `time` is seconds since 1970. A number that
/// is not finite is written as null. Lines are added with one `write(2)` each, so a reader sees whole lines and at most
/// one torn one, the last, after a crash.
package final class RunLog: Sendable {
    /// One line of the log.
    package struct Record: Sendable, Equatable {
        package var step: Int
        /// Seconds since 1970.
        package var time: Double
        /// Numbers by metric name; NaN where the line has null.
        package var metrics: [String: Double]

        package init(step: Int, time: Double, metrics: [String: Double]) {
            self.step = step
            self.time = time
            self.metrics = metrics
        }
    }

    private let file: AppendOnlyFile

    /// Opens the log at `url`, making it when it is not there.
    ///
    /// - Parameters:
    ///   - url: The log, usually `metrics.jsonl` of a run directory.
    ///   - resumedStep: The last step of the checkpoint a run goes on from: records of later steps will be made again
    ///     and are removed. nil keeps every whole record.
    /// - Throws: `TelemetryError` naming the file, and the line where one is broken.
    package init(url: URL, resumingAfter resumedStep: Int? = nil) throws(TelemetryError) {
        if let data = try? Data(contentsOf: url), !data.isEmpty {
            try Self.repair(url, data, keepingUpTo: resumedStep ?? .max)
        }
        file = try AppendOnlyFile(url)
    }

    /// Adds a record.
    package func append(step: Int, time: Double = Date().timeIntervalSince1970, metrics: [String: Double])
        throws(TelemetryError)
    {
        let record = Record(step: step, time: time, metrics: metrics)
        try file.append(Array((record.line + "\n").utf8))
    }

    /// The records of the log at `url`.
    ///
    /// A torn last line is left out; a broken line elsewhere is an error.
    package static func read(_ url: URL) throws(TelemetryError) -> [Record] {
        let data: Data
        do {
            data = try Data(contentsOf: url)
        } catch {
            throw .malformedRecord(file: url.path, line: 1, expected: "a readable file of JSON lines")
        }
        return try parse(data, path: url.path).map(\.record)
    }

    private static func parse(
        _ data: Data,
        path: String
    ) throws(TelemetryError) -> [(record: Record, line: Data.SubSequence)] {
        var records: [(Record, Data.SubSequence)] = []
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            if let record = Record(line: line) {
                // A whole record without its line end was not finished: the next append would run into it.
                if index < lines.count - 1 { records.append((record, line)) }
            } else if index < lines.count - 1 {
                throw .malformedRecord(
                    file: path,
                    line: index + 1,
                    expected: "an object with step, time and numbers"
                )
            }
        }
        return records
    }

    /// Rewrites the log without its torn last line and without records after `step`, if it has any.
    private static func repair(_ url: URL, _ data: Data, keepingUpTo step: Int) throws(TelemetryError) {
        var kept = Data()
        for (record, line) in try parse(data, path: url.path) where record.step <= step {
            kept += line
            kept.append(UInt8(ascii: "\n"))
        }
        guard kept != data else { return }
        do {
            try kept.write(to: url, options: .atomic)
        } catch {
            throw .system(operation: "rewrite", file: url.path, code: errno)
        }
    }
}

extension RunLog.Record {
    /// The record as one line of JSON, without the line end; metrics are sorted by name.
    var line: String {
        var fields = ["\"step\":\(step)", "\"time\":\(Self.number(time))"]
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) {
            fields.append("\(Self.quoted(name)):\(Self.number(value))")
        }
        return "{\(fields.joined(separator: ","))}"
    }

    init?(line: Data) {
        guard let fields = try? JSONDecoder().decode([String: Double?].self, from: line),
            let step = fields["step"] ?? nil, let time = fields["time"] ?? nil, let whole = Int(exactly: step)
        else { return nil }
        var metrics: [String: Double] = [:]
        for (name, value) in fields where name != "step" && name != "time" { metrics[name] = value ?? .nan }
        self.init(step: whole, time: time, metrics: metrics)
    }

    private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

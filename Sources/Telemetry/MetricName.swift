/// What a metric's number counts.
package enum MetricUnit: String, Sendable, CaseIterable {
    /// A number without a unit: scores, losses, coefficients, norms.
    case plain = "1"
    /// A share, from 0 to 1.
    case ratio = "ratio"
    case nats = "nat"
    case tokens = "token"
    case tokensPerSecond = "token/s"
    case programsPerSecond = "program/s"
    case seconds = "s"
    case bytes = "byte"
    /// How many.
    case count = "count"
}

/// One number that a run reports: its name, its unit and what it means.
///
/// Where verl has a name for it, the name is verl's, so that existing dashboards show our runs.
package struct MetricName: Sendable, Hashable {
    package let name: String
    package let unit: MetricUnit
    /// One sentence fragment, for the table in the documentation.
    package let meaning: String

    /// Every metric, in the order of the documentation.
    package static let all: [MetricName] =
        sections.flatMap(\.rows).map { MetricName(name: $0.0, unit: $0.1, meaning: $0.2) }

    /// The table's parts with their headings.
    static let sections: [(heading: String, rows: [MetricRow])] = [
        ("Learning", learning), ("Lengths", lengths), ("Sampler and learner", agreement), ("Time and speed", time),
        ("Rewards", rewards), ("Executors", executors), ("Cluster", cluster), ("Evaluation", evaluation + ceiling),
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// The metric called `name`; nil when the table has none.
    package static func named(_ name: String) -> MetricName? { byName[name] }

    /// The names that the table does not have, sorted.
    package static func unknown(in names: some Sequence<String>) -> [String] {
        names.filter { byName[$0] == nil }.sorted()
    }

    /// The whole table as Markdown, for the documentation.
    package static var documentation: String {
        var table = Table(columns: ["name", "unit", "meaning"], alignments: [.left, .left, .left])
        for metric in all { table.addRow(["`\(metric.name)`", metric.unit.rawValue, metric.meaning]) }
        return table.markdown
    }

    /// The name in the form that Prometheus allows, with the project's prefix.
    package var prometheusName: String {
        var body = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        // Prometheus' own rules: units are written out, and `_total` is for counters.
        body = body.replacing("_per_s", with: "_per_second", maxReplacements: 1)
        var words = body.split(separator: "_").map { $0 == "s" ? "seconds" : String($0) }
        if words.last == "total" { words.removeLast() }
        return "ppocoder_" + words.joined(separator: "_")
    }
}

/// The text that a Prometheus server scrapes: one gauge for each of `values`, sorted by name.
///
/// - Parameters:
///   - values: Numbers by metric name; names that the table does not have are left out.
///   - labels: Labels of every line, such as `role` and `host`.
/// - Returns: Lines in the text format 0.0.4.
package func prometheusText(_ values: [String: Double], labels: [String: String] = [:]) -> String {
    let pairs = labels.sorted { $0.key < $1.key }.map { key, value in
        // Scalars, because a line feed after a carriage return is no `Character` of its own.
        let escaped = value.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(scalar)
            }
        }
        return "\(key)=\"\(escaped.joined())\""
    }
    let suffix = pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    var text = ""
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
        guard let metric = MetricName.named(name) else { continue }
        let number = value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
        text += "# HELP \(metric.prometheusName) \(metric.meaning) (\(metric.unit.rawValue))\n"
        text += "# TYPE \(metric.prometheusName) gauge\n\(metric.prometheusName)\(suffix) \(number)\n"
    }
    return text
}

import Foundation

/// The text format 0.0.4 that Prometheus scrapes, read strictly: whatever the format or its conventions forbid is an error.
///
/// Source: <https://prometheus.io/docs/instrumenting/exposition_formats/> and <https://prometheus.io/docs/practices/naming/>.
struct Exposition {
    struct Sample: Hashable {
        var name: String
        var labels: [String: String]
    }

    struct Malformed: Error, CustomStringConvertible {
        var line: Int
        var description: String
    }

    /// The type of each metric.
    private(set) var types: [String: String] = [:]
    private(set) var samples: [Sample: Double] = [:]
    private var helps: Set<String> = []
    /// Metrics whose lines have ended.
    private var ended: Set<String> = []
    private var current = ""

    init(_ text: String) throws(Malformed) {
        guard text.unicodeScalars.last == "\n" else {
            throw Malformed(line: 0, description: "the last line has no end")
        }
        // Scalars: a line feed after a carriage return is no `Character` of its own.
        let lines = text.unicodeScalars.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let line = String(line)
            let complaint = line.hasPrefix("# ") ? describe(line) : sample(line)
            if let complaint { throw Malformed(line: index + 1, description: "\(complaint): \(line)") }
        }
        for name in types.keys where !samples.keys.contains(where: { $0.name == name }) {
            throw Malformed(line: lines.count, description: "\(name) has no sample")
        }
    }

    /// - Returns: what is wrong with the line, as all that follow.
    private mutating func describe(_ line: String) -> String? {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard words.count == 4, !words[3].isEmpty else { return "neither HELP nor TYPE with a text" }
        let name = words[2]
        if let complaint = enter(name) { return complaint }
        switch words[1] {
        case "HELP":
            guard helps.insert(name).inserted else { return "a second HELP" }
        case "TYPE":
            guard helps.contains(name) else { return "TYPE before HELP" }
            guard types.updateValue(words[3], forKey: name) == nil else { return "a second TYPE" }
            return Self.complaint(about: name, type: words[3])
        default: return "neither HELP nor TYPE"
        }
        return nil
    }

    /// The lines of a metric stand together.
    private mutating func enter(_ name: String) -> String? {
        guard name.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil else { return "a name that is none" }
        guard name != current else { return nil }
        ended.insert(current)
        current = name
        return ended.contains(name) ? "the lines of \(name) do not stand together" : nil
    }

    /// What conventions say against a name; `promtool check metrics` says the like.
    private static func complaint(about name: String, type: String) -> String? {
        guard ["counter", "gauge", "untyped"].contains(type) else { return "a type that we do not serve" }
        guard name.hasPrefix("ppocoder_") else { return "a name without our prefix" }
        let words = name.split(separator: "_", omittingEmptySubsequences: false)
        if words.contains(where: \.isEmpty) || name.contains(":") { return "two signs in a row, or a colon" }
        guard name == name.lowercased() else { return "an upper-case letter" }
        if (type == "counter") != (words.last == "total") { return "_total is for counters, and counters have it" }
        if ["count", "sum", "bucket", "info"].contains(words.last ?? "") { return "a suffix that means another type" }
        let units: Set<Substring> = [
            "s", "ms", "us", "ns", "milliseconds", "microseconds", "minutes", "hours", "kb", "mb", "gb", "kilobytes",
            "megabytes", "percent",
        ]
        return words.first(where: units.contains).map { "the unit \($0), expected seconds, bytes or a ratio" }
    }

    private mutating func sample(_ line: String) -> String? {
        guard let match = line.wholeMatch(of: Self.sampleLine) else { return "no sample" }
        let name = String(match.1)
        if let complaint = enter(name) { return complaint }
        guard types[name] != nil else { return "a sample before its TYPE" }
        guard let labels = Self.labels(match.2.map(String.init) ?? "{}") else { return "labels that are none" }
        let special = ["NaN": Double.nan, "+Inf": .infinity, "-Inf": -.infinity]
        let text = String(match.3)
        guard let value = special[text] ?? (text.wholeMatch(of: /-?[0-9.eE+-]+/) == nil ? nil : Double(text)) else {
            return "a value that is none"
        }
        guard samples.updateValue(value, forKey: Sample(name: name, labels: labels)) == nil else {
            return "a second value"
        }
        return nil
    }

    // In scalars, and with every one of them but the line feed: what is hidden in a value must not hide its end.
    private static var sampleLine: Regex<(Substring, Substring, Substring?, Substring)> {
        /([^ {]+)(\{.*\})? (\S+)/.dotMatchesNewlines().matchingSemantics(.unicodeScalar)
    }

    private static var labelPair: Regex<(Substring, Substring, Substring, Substring)> {
        /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/.matchingSemantics(.unicodeScalar)
    }

    /// `{name="value",…}`; in a value `\\`, `\"` and `\n` stand for what they mean, and nothing else is behind a backslash.
    private static func labels(_ text: String) -> [String: String]? {
        var rest = text.dropFirst().dropLast()
        var labels: [String: String] = [:]
        while !rest.isEmpty {
            guard let match = rest.prefixMatch(of: Self.labelPair) else {
                return nil
            }
            guard labels.updateValue(String(match.2), forKey: String(match.1)) == nil else { return nil }
            rest = rest[match.range.upperBound...]
            if rest.isEmpty, match.3 == "," { return nil }
        }
        return labels
    }
}

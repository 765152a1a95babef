import Foundation

/// How many of a data set's own reference programs compile and pass: no honest rate on that data can be higher.
///
/// `ppocoder data check --ceiling FILE` writes it; `eval` and `train` show it beside their rates.
package struct GoldCeiling: Codable, Sendable, Equatable {
    /// The reference programs in one language.
    package struct Counts: Codable, Sendable, Equatable {
        /// Problems with a reference program that could be judged.
        package var judged = 0
        package var compiled = 0
        package var passed = 0

        package init() {}

        /// Share of the judged programs that compile, 0 … 1; nil without any.
        package var compileRate: Double? { judged == 0 ? nil : Double(compiled) / Double(judged) }
        /// Share of the judged programs that pass, 0 … 1; nil without any.
        package var passRate: Double? { judged == 0 ? nil : Double(passed) / Double(judged) }
    }

    /// The data set's name and split.
    package var name: String
    /// By name of the language.
    package var languages: [String: Counts]

    package init(name: String, languages: [String: Counts] = [:]) {
        self.name = name
        self.languages = languages
    }

    /// All languages together.
    package var total: Counts {
        languages.values.reduce(into: Counts()) { sum, counts in
            sum.judged += counts.judged
            sum.compiled += counts.compiled
            sum.passed += counts.passed
        }
    }

    /// - Throws: `DatasetError` when there is no such file, or it is something else.
    package init(file: String) throws(DatasetError) {
        self = try Rows.value(GoldCeiling.self, of: file)
    }

    /// Writes the file.
    package func write(to file: String) throws(DatasetError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do {
            try encoder.encode(self).write(to: URL(filePath: file))
        } catch {
            throw .unreadable(file: file, reason: "cannot be written: \(error.localizedDescription)")
        }
    }
}

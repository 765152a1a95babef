import Programs

/// Reads anyone's own problems, one JSON object per line.
///
/// Fields: `id`; `prompt` (or `source`); `language`; `tests`, `reference` and `limits` may be missing.
package struct JSONLinesReader: Sendable {
    package var file: String
    package var skipBadRows: Bool

    package init(file: String, skipBadRows: Bool = false) {
        self.file = file
        self.skipBadRows = skipBadRows
    }

    private struct Row: Decodable {
        var id: String
        var prompt: String?
        var source: String?
        var language: String
        var tests: [TestCase]?
        var reference: String?
        var limits: ExecutionLimits?
    }

    /// The problems of the file; ids must differ.
    ///
    /// - Throws: `DatasetError.badRow` for the first bad row unless bad rows are skipped.
    package func problems() throws(DatasetError) -> ProblemSet {
        var rows = Rows(file: file, skipBadRows: skipBadRows)
        var seen: [String: Int] = [:]
        let problems = try rows.decode(Row.self) { row, line -> Problem in
            guard let prompt = row.prompt ?? row.source else {
                throw BadField(field: "prompt", expected: "a value, as \"prompt\" or \"source\"")
            }
            guard let language = Language(name: row.language) else {
                let names = Language.allCases.map(\.rawValue).joined(separator: ", ")
                throw BadField(field: "language", expected: "one of \(names), not \"\(row.language)\"")
            }
            for test in row.tests ?? [] {
                if case .assert = test, language != .python {
                    throw BadField(field: "tests", expected: "no \"assert\" test: that kind is Python's")
                }
            }
            if let first = seen[row.id] {
                throw BadField(field: "id", expected: "a new id: \"\(row.id)\" stands in line \(first) too")
            }
            seen[row.id] = line
            return Problem(
                id: row.id,
                prompt: prompt,
                language: language,
                tests: row.tests ?? [],
                reference: row.reference ?? "",
                limits: row.limits ?? ExecutionLimits()
            )
        }
        return ProblemSet(name: file, problems: problems, skipped: rows.skipped)
    }
}

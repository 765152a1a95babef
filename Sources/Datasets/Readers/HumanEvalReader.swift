import Programs

/// Reads HumanEval: `HumanEval.jsonl`, plain or as `.gz`.
///
/// The prompt is the beginning of a program: imports, signature and docstring. A completion is the whole function; a
/// model that only continues the prompt needs `program(prompt:continuation:)`.
package struct HumanEvalReader: Sendable {
    package var file: String
    package var skipBadRows: Bool

    package init(file: String, skipBadRows: Bool = false) {
        self.file = file
        self.skipBadRows = skipBadRows
    }

    private struct Row: Decodable {
        var task_id: String
        var prompt: String
        var entry_point: String
        var canonical_solution: String
        var test: String
    }

    /// The problems of the file.
    ///
    /// - Throws: `DatasetError.badRow` for the first bad row unless bad rows are skipped.
    package func problems() throws(DatasetError) -> ProblemSet {
        var rows = Rows(file: file, skipBadRows: skipBadRows)
        let problems = try rows.decode(Row.self) { row, _ -> Problem in
            guard row.prompt.contains("def \(row.entry_point)") else {
                throw BadField(field: "entry_point", expected: "a function that the prompt defines")
            }
            return Problem(
                id: row.task_id,
                prompt: row.prompt,
                language: .python,
                tests: [.program(code: row.test + "\ncheck(\(row.entry_point))\n")],
                reference: row.prompt + row.canonical_solution
            )
        }
        return ProblemSet(name: "humaneval", problems: problems, skipped: rows.skipped)
    }

    /// A whole program out of the prompt and what a model wrote after it.
    package static func program(prompt: String, continuation: String) -> String { prompt + continuation }
}

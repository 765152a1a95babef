package import Programs

/// Reads HumanEval: `HumanEval.jsonl`, plain or as `.gz`.
///
/// The prompt is the beginning of a program, imports, signature and docstring, and the completion goes on from there, as
/// in the paper (Chen et al. 2021, section 2). HumanEval has one split, whatever is asked for.
package struct HumanEvalReader: ProblemReader {
    package var file: String
    package var skipBadRows: Bool
    /// Whether the completion goes on from the prompt; else it is the whole program.
    package var continuesPrompt: Bool

    package init(file: String, skipBadRows: Bool = false, continuesPrompt: Bool = true) {
        self.file = file
        self.skipBadRows = skipBadRows
        self.continuesPrompt = continuesPrompt
    }

    package var name: String { "humaneval" }

    private struct Row: Decodable {
        var task_id: String
        var prompt: String
        var entry_point: String
        var canonical_solution: String
        var test: String
    }

    package func forEach(
        _ split: Split? = nil,
        _ body: (Problem) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading {
        var rows = Rows(file: file, skipBadRows: skipBadRows)
        try rows.forEach(Row.self) { row, _ in
            guard !row.entry_point.isEmpty else { throw BadField(field: "entry_point", expected: "a function's name") }
            let problem = Problem(
                id: row.task_id,
                prompt: row.prompt,
                language: .python,
                tests: [.program(code: row.test + "\ncheck(\(row.entry_point))\n")],
                reference: row.prompt + row.canonical_solution,
                preamble: continuesPrompt ? row.prompt : ""
            )
            return try body(problem)
        }
        return rows.reading
    }
}

import Programs

/// One row of MBXP or HumanEval-X: a beginning, the rest, and a test, each a piece of one program.
struct MultiLanguageRow: Decodable {
    var task_id: String
    var prompt: String
    var canonical_solution: String?
    var test: String?
    var entry_point: String?
    var language: String?
    var declaration: String?

    /// The number of the task, which is the same in every language.
    var number: String { task_id.split(separator: "/").last.map(String.init) ?? task_id }

    /// What the data set calls the language of the row: its own field, else the beginning of its id.
    var languageName: String {
        language ?? task_id.split(separator: "/").first.map(String.init) ?? ""
    }

    /// The whole reference program; nil without a solution.
    var reference: String? {
        guard let canonical_solution, !canonical_solution.isEmpty else { return nil }
        return prompt + canonical_solution
    }

    /// The problem under the name `id`.
    ///
    /// The policy reads `text`. Where the completion `continues`, it goes on from the row's prompt; else it is the whole program.
    /// Throws `FilteredRow` for a row without a test that a program can be run with.
    func problem(id: String, prompt text: String, language: Language, continues: Bool) throws -> Problem {
        guard let test, !test.isEmpty else { throw FilteredRow(reason: "\(language.rawValue): no test") }
        guard language != .go || !test.contains("testing.T") else {
            throw FilteredRow(reason: "go: tests that need `go test`")
        }
        return Problem(
            id: id,
            prompt: text,
            language: language,
            tests: [.program(code: runnable(test, language))],
            reference: reference ?? "",
            preamble: continues ? prompt : ""
        )
    }

    /// The test as code that fails by itself.
    private func runnable(_ test: String, _ language: Language) -> String {
        switch language {
        case .python:
            guard let entry_point, !entry_point.isEmpty, test.contains("def check("),
                !test.split(separator: "\n").contains(where: { $0.hasPrefix("check(") })
            else { return test }
            return test + "\ncheck(\(entry_point))\n"
        case .javascript where test.contains("console.assert"):
            // Node prints a failed console.assert and goes on.
            return "console.assert = (holds, ...rest) => { if (!holds) throw new Error(rest.join(\" \")); };\n" + test
        default: return test
        }
    }
}

package import Programs

/// Reads MBPP: `mbpp.jsonl` and `sanitized-mbpp.json`.
///
/// The prompt is the zero-shot form of CodeRL and PPOCoder: the text, "Your code should satisfy these tests:", and the
/// assertions. The assertions are therefore visible: a pass rate on MBPP is not a hidden-test metric.
package struct MBPPReader: ProblemReader {
    package var file: String
    package var skipBadRows: Bool
    /// Whether `challenge_test_list` is part of the hidden tests.
    package var usesChallengeTests = false

    package init(file: String, skipBadRows: Bool = false) {
        self.file = file
        self.skipBadRows = skipBadRows
    }

    private struct Row: Decodable {
        var task_id: Int
        var text: String?
        var prompt: String?
        var code: String
        var test_list: [String]
        var test_setup_code: String?
        var test_imports: [String]?
        var challenge_test_list: [String]?
    }

    /// The official split: 1–10 are for few-shot prompts and belong to none.
    package static func split(ofTask number: Int) -> Split? {
        switch number {
        case 11...510: .test
        case 511...600: .validation
        case 601...974: .train
        default: nil
        }
    }

    package var name: String { "mbpp" }

    package func forEach(
        _ split: Split? = nil,
        _ body: (Problem) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading {
        var rows = Rows(file: file, skipBadRows: skipBadRows)
        try rows.forEach(Row.self) { row, _ in
            let problem = try problem(of: row, challenge: usesChallengeTests)
            guard split == nil || Self.split(ofTask: row.task_id) == split else { return true }
            return try body(problem)
        }
        return rows.reading
    }

    private func problem(of row: Row, challenge: Bool) throws -> Problem {
        guard let text = row.text ?? row.prompt else {
            throw BadField(field: "text", expected: "a value, as \"text\" or \"prompt\"")
        }
        guard !row.test_list.isEmpty else { throw BadField(field: "test_list", expected: "at least one assertion") }
        let setup = (row.test_imports ?? []) + [row.test_setup_code ?? ""].filter { !$0.isEmpty }
        let preamble = setup.map { Self.unixLines($0) + "\n" }.joined()
        let assertions = row.test_list + (challenge ? row.challenge_test_list ?? [] : [])
        return Problem(
            id: "mbpp/\(row.task_id)",
            prompt: text + "\nYour code should satisfy these tests:\n" + row.test_list.joined(separator: "\n"),
            language: .python,
            tests: assertions.map { .assert(code: preamble + Self.unixLines($0)) },
            reference: Self.unixLines(row.code)
        )
    }

    /// MBPP's code has CRLF line ends.
    private static func unixLines(_ text: String) -> String {
        text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    }
}

import Foundation
package import Programs

/// Reads rows in the manner of CodeContests: a statement, and texts for standard input and output.
///
/// Two forms are understood: DeepMind's (`description`, `public_tests`, `private_tests`, `generated_tests`, `solutions`; Li et
/// al. 2022, <https://arxiv.org/abs/2203.07814>) and SandboxFusion's (`content`, `test`, `labels`). The prompt is the
/// statement alone. The reference is the first solution in the wanted language.
package struct ContestReader: ProblemReader {
    package var path: String
    package var language: Language
    package var skipBadRows: Bool

    package init(path: String, language: Language = .python, skipBadRows: Bool = false) {
        self.path = path
        self.language = language
        self.skipBadRows = skipBadRows
    }

    package var name: String { "contests" }

    private struct Columns: Decodable {
        var input: [String]?
        var output: [String]?
    }

    private struct Solutions: Decodable {
        var language: [JSONValue]
        var solution: [String]
    }

    private struct Stream: Decodable {
        var stdin: String?
        var stdout: String?
    }

    private struct Case: Decodable {
        var input: Stream
        var output: Stream
    }

    private struct Labels: Decodable {
        var difficulty: String?
    }

    private struct Row: Decodable {
        var name: String?
        var id: JSONValue?
        var description: String?
        var content: String?
        var public_tests: Columns?
        var private_tests: Columns?
        var generated_tests: Columns?
        var solutions: Solutions?
        var test: JSONValue?
        var labels: JSONValue?
        var difficulty: JSONValue?
    }

    package func forEach(
        _ split: Split? = nil,
        _ body: (Problem) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading {
        let file = try SplitFiles.file(in: path, split: split)
        var rows = Rows(file: file, skipBadRows: skipBadRows)
        try rows.forEach(Row.self) { row, line in try body(try problem(of: row, line: line)) }
        return rows.reading
    }

    private func problem(of row: Row, line: Int) throws -> Problem {
        guard let statement = row.description ?? row.content else {
            throw BadField(field: "description", expected: "a value, as \"description\" or \"content\"")
        }
        let tests = try tests(of: row)
        guard !tests.isEmpty else { throw FilteredRow(reason: "contests: no tests") }
        return Problem(
            id: "contests/\(row.name ?? Self.text(row.id) ?? String(line))",
            prompt: statement,
            language: language,
            tests: tests,
            reference: row.solutions.flatMap { Self.solution(in: $0, language) } ?? "",
            difficulty: try row.labels.flatMap { try Self.inner($0, "labels", Labels.self) }?.difficulty
                ?? Self.text(row.difficulty) ?? ""
        )
    }

    private func tests(of row: Row) throws -> [TestCase] {
        if let test = row.test {
            return (try Self.inner(test, "test", [Case].self) ?? []).map { test in
                .stdio(stdin: test.input.stdin ?? "", stdout: test.output.stdout ?? "")
            }
        }
        let parts = [
            ("public_tests", row.public_tests), ("private_tests", row.private_tests),
            ("generated_tests", row.generated_tests),
        ]
        return try parts.flatMap { field, part -> [TestCase] in
            let (inputs, outputs) = (part?.input ?? [], part?.output ?? [])
            guard inputs.count == outputs.count else {
                throw BadField(
                    field: field,
                    expected: "as many outputs as inputs (\(inputs.count)), found \(outputs.count)"
                )
            }
            return zip(inputs, outputs).map { .stdio(stdin: $0, stdout: $1) }
        }
    }

    /// A member that may be JSON or a text of JSON.
    private static func inner<Value: Decodable>(_ value: JSONValue, _ field: String, _ type: Value.Type) throws
        -> Value?
    {
        if case .null = value { return nil }
        let data: Data
        if case .string(let text) = value { data = Data(text.utf8) } else { data = try JSONEncoder().encode(value) }
        guard let decoded = try? JSONDecoder().decode(type, from: data) else {
            throw BadField(field: field, expected: "JSON of CodeContests' form, as a text or as it is")
        }
        return decoded
    }

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }

    /// DeepMind numbers its languages: 1 Python 2, 2 C++, 3 Python 3, 4 Java.
    private static func solution(in solutions: Solutions, _ language: Language) -> String? {
        zip(solutions.language, solutions.solution).first { name, _ in
            switch name {
            case .integer(2): language == .cpp
            case .integer(3): language == .python
            case .integer(4): language == .java
            case .string(let name): Language(name: name) == language
            default: false
            }
        }?.1
    }
}

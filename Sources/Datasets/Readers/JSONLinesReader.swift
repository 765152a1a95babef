import Determinism
import Foundation
package import Programs

/// Reads anyone's own problems, one JSON object per line.
///
/// Fields: `id`; `prompt` (or `source`); `language`; `tests`, `reference`, `limits`, `preamble` (what stands
/// before the completion in the program), `difficulty` and `comparison` (`Comparison`) may be missing. Rows are read one after another; of their ids
/// only a number is kept, so that a file of a million rows needs little memory.
package struct JSONLinesReader: ProblemReader {
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
        var preamble: String?
        var difficulty: String?
        var comparison: Comparison?
    }

    package var name: String { file }

    package func forEach(
        _ split: Split? = nil,
        _ body: (Problem) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading {
        try forEachNumbered { (problem, _) throws(DatasetError) in try body(problem) }
    }

    /// Hands out problems with the lines they stand in.
    func forEachNumbered(
        _ body: (Problem, _ line: Int) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading {
        var rows = Rows(file: file, skipBadRows: skipBadRows)
        var seen: [UInt64: Int] = [:]
        try rows.forEach(Row.self) { row, line in
            let problem = try Self.problem(of: row)
            let name = Digest(of: row.id).leadingBits
            if let first = seen[name] {
                throw BadField(field: "id", expected: "a new id: \"\(row.id)\" stands in line \(first) too")
            }
            seen[name] = line
            return try body(problem, line)
        }
        return rows.reading
    }

    /// The problem of one line that has been read before.
    func problem(line bytes: [UInt8]) throws -> Problem {
        try Self.problem(of: try JSONDecoder().decode(Row.self, from: Data(bytes)))
    }

    private static func problem(of row: Row) throws -> Problem {
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
        return Problem(
            id: row.id,
            prompt: prompt,
            language: language,
            tests: row.tests ?? [],
            reference: row.reference ?? "",
            limits: row.limits ?? ExecutionLimits(),
            preamble: row.preamble ?? "",
            difficulty: row.difficulty ?? "",
            comparison: row.comparison
        )
    }
}

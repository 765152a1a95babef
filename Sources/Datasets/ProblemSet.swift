package import Programs

/// Which part of a data set a problem belongs to.
package enum Split: String, Sendable, Codable, CaseIterable {
    case train, validation, test
}

/// A row that a reader left out, and why.
package struct SkippedRow: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    /// Counted from 1; in a JSON array the number of the element, counted from 1.
    package var line: Int
    package var reason: String

    package var description: String { "\(file):\(line): \(reason)" }
}

/// The problems of one file or folder.
package struct ProblemSet: Sendable {
    package var name: String
    package var problems: [Problem]
    /// Bad rows, left out because the reader was asked to.
    package var skipped: [SkippedRow]

    package init(name: String, problems: [Problem], skipped: [SkippedRow] = []) {
        self.name = name
        self.problems = problems
        self.skipped = skipped
    }
}

/// What is wrong with a data set on disk.
package enum DatasetError: Error, Hashable, CustomStringConvertible {
    /// No file under any of the names that were tried.
    case missingFile(tried: [String])
    /// The file exists and cannot be read or unpacked.
    case unreadable(file: String, reason: String)
    /// A row that cannot be used. Lines are counted from 1.
    case badRow(file: String, line: Int, field: String, expected: String)
    /// Parallel files of different lengths.
    case unequalLines(first: String, firstCount: Int, second: String, secondCount: Int)

    package var description: String {
        switch self {
        case .missingFile(let tried):
            "no such file; tried: " + tried.joined(separator: ", ")
        case .unreadable(let file, let reason):
            "\(file): \(reason)"
        case .badRow(let file, let line, let field, let expected):
            "\(file):\(line): field \"\(field)\": expected \(expected)"
        case .unequalLines(let first, let firstCount, let second, let secondCount):
            "\(first) has \(firstCount) and \(second) has \(secondCount) lines: parallel files must have as many"
        }
    }
}

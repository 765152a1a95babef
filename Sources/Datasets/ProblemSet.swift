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

/// What was left out while a data set was read.
package struct DatasetReading: Sendable {
    /// Bad rows, left out because the reader was asked to; a thousand at most, later ones are only counted.
    package var skipped: [SkippedRow] = []
    /// Bad rows in all.
    package var skippedCount = 0
    /// Sound rows that the task does not use, by reason.
    package var filtered: [String: Int] = [:]

    package init() {}

    /// Adds what was left out of another part.
    package mutating func add(_ other: DatasetReading) {
        skipped += other.skipped
        skippedCount += other.skippedCount
        filtered.merge(other.filtered) { $0 + $1 }
    }

    /// Every row left out, for people.
    package var notices: [String] {
        var lines = skipped.map { "skipped \($0)" }
        if skippedCount > skipped.count { lines.append("skipped \(skippedCount - skipped.count) more bad rows") }
        return lines + filtered.sorted { $0.key < $1.key }.map { "left out \($0.value): \($0.key)" }
    }
}

/// The problems of one file or folder.
package struct ProblemSet: Sendable {
    package var name: String
    package var problems: [Problem]
    /// What was left out, and why.
    package var reading: DatasetReading

    package init(name: String, problems: [Problem], reading: DatasetReading = DatasetReading()) {
        self.name = name
        self.problems = problems
        self.reading = reading
    }

    /// Bad rows, left out because the reader was asked to.
    package var skipped: [SkippedRow] { reading.skipped }
}

/// Reads a data set from its published files.
package protocol ProblemReader: Sendable {
    /// The data set's name, for people.
    var name: String { get }

    /// Hands the problems of `split`, or all when it is nil, to `body`, one after another, until it returns false.
    ///
    /// - Returns: what was left out.
    /// - Throws: `DatasetError.badRow` for the first bad row unless bad rows are skipped, and what `body` throws.
    func forEach(
        _ split: Split?,
        _ body: (Problem) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading
}

extension ProblemReader {
    /// The first `limit` problems of `split`, or of the whole data set when it is nil; 0 is all.
    package func problems(_ split: Split? = nil, limit: Int = 0) throws(DatasetError) -> ProblemSet {
        var problems: [Problem] = []
        let reading = try forEach(split) { (problem) throws(DatasetError) in
            problems.append(problem)
            return limit == 0 || problems.count < limit
        }
        return ProblemSet(name: name, problems: problems, reading: reading)
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

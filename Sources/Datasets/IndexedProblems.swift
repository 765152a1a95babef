import Foundation
package import Programs

/// The problems of a large file of JSON lines, left in the file: a row is decoded when it is asked for.
///
/// Every row is decoded once while the index is made, so that a bad one is found before anything is started.
package final class IndexedProblems: Sendable {
    private let reader: JSONLinesReader
    private let data: Data
    /// Where usable rows begin, bytes.
    private let starts: [Int]
    /// Length of each problem's target, UTF-8 bytes.
    package let lengths: [Int32]
    /// The data set's difficulty of each problem, as an index into `difficultyNames`.
    package let difficulties: [UInt8]
    package let difficultyNames: [String]
    package let reading: DatasetReading

    /// Reads `reader`'s file, which must not be packed.
    package init(_ reader: JSONLinesReader) throws(DatasetError) {
        self.reader = reader
        do {
            data = try Data(contentsOf: URL(filePath: reader.file), options: .alwaysMapped)
        } catch {
            throw .unreadable(file: reader.file, reason: "cannot be read: \(error.localizedDescription)")
        }
        let lineStarts = Self.lineStarts(of: data)
        var starts: [Int] = []
        var lengths: [Int32] = []
        var difficulties: [UInt8] = []
        var names: [String] = []
        let rows = try reader.forEachNumbered { (problem, line) throws(DatasetError) in
            starts.append(lineStarts[line - 1])
            lengths.append(Int32(clamping: problem.target.utf8.count))
            if !names.contains(problem.difficulty), names.count < 255 { names.append(problem.difficulty) }
            difficulties.append(UInt8(names.firstIndex(of: problem.difficulty) ?? 255))
            return true
        }
        self.starts = starts
        self.lengths = lengths
        self.difficulties = difficulties
        difficultyNames = names
        reading = rows
    }

    private static func lineStarts(of data: Data) -> [Int] {
        var starts = [0]
        unsafe data.withUnsafeBytes { bytes in
            for index in bytes.indices where unsafe bytes[index] == 10 { starts.append(index + 1) }
        }
        return starts
    }

    package var count: Int { starts.count }

    /// The problem in usable row `index`.
    ///
    /// The file must not change while it is used; a row that has become unreadable ends the process.
    package subscript(index: Int) -> Problem {
        let start = starts[index]
        let end = data[start...].firstIndex(of: 10) ?? data.endIndex
        do {
            return try reader.problem(line: [UInt8](data[start..<end]))
        } catch {
            fatalError("\(reader.file) has changed since it was read: \(error)")
        }
    }
}

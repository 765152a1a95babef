import Foundation

/// The text files with an epoch's programs: what the policy wrote, what the reference policy wrote, and the references.
///
/// `generations/epoch-000/{train,validation,test}.{model,reference,gold}.txt`, one program per line. The original
/// wrote its token format, which loses spaces inside strings; here a line is the program itself with a backslash
/// written `\\`, a newline `\n` and a carriage return `\r`, so that a line reads back to the very same text.
package struct GenerationFiles: Sendable {
    package enum Author: String, Sendable, CaseIterable {
        /// The current policy.
        case model
        /// The frozen reference policy.
        case reference
        /// The data set.
        case gold
    }

    /// The run directory.
    package var directory: String

    package init(directory: String) { self.directory = directory }

    /// Where the programs of `author` in `epoch` (counted from 0) are.
    package func path(epoch: Int, split: Split, author: Author) -> String {
        let digits = String(epoch)
        let number = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
        return "\(directory)/generations/epoch-\(number)/\(split.rawValue).\(author.rawValue).txt"
    }

    /// Writes `programs`, replacing the file as a whole.
    package func write(
        _ programs: [String],
        epoch: Int,
        split: Split,
        author: Author
    ) throws(DatasetError) {
        let path = path(epoch: epoch, split: split, author: author)
        let text = programs.map { Self.escape($0) + "\n" }.joined()
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true
            )
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw .unreadable(file: path, reason: "cannot be written: \(error.localizedDescription)")
        }
    }

    /// Reads back what `write` wrote.
    ///
    /// - Throws: `DatasetError.badRow` for an escape that `write` never makes.
    package func read(epoch: Int, split: Split, author: Author) throws(DatasetError) -> [String] {
        try Self.read(path(epoch: epoch, split: split, author: author))
    }

    /// Reads the programs of one such file.
    package static func read(_ path: String) throws(DatasetError) -> [String] {
        var programs: [String] = []
        for (index, line) in try Rows.lines(of: path).enumerated() {
            guard let program = unescape(line) else {
                throw .badRow(
                    file: path,
                    line: index + 1,
                    field: "program",
                    expected: "only the escapes \\\\, \\n and \\r"
                )
            }
            programs.append(program)
        }
        return programs
    }

    /// `program` on one line.
    package static func escape(_ program: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in program.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\r": result.append(contentsOf: "\\r".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// The program that `escape` made `line` of; nil when it cannot have been.
    package static func unescape(_ line: String) -> String? {
        var result = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in line.unicodeScalars {
            if isEscaped {
                isEscaped = false
                switch scalar {
                case "\\": result.append("\\")
                case "n": result.append("\n")
                case "r": result.append("\r")
                default: return nil
                }
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                result.append(scalar)
            }
        }
        return isEscaped ? nil : String(result)
    }
}

import Foundation
package import Programs

/// Reads APPS: the published folders, `{train,test}/{id}/question.txt` with its JSON files, or JSON lines with the fields
/// of `codeparrot/apps`.
///
/// Source: Hendrycks et al. 2021, <https://arxiv.org/abs/2105.09938>; the prompt is that of its training code, which CodeRL
/// and RLTF use too. Problems without tests are left out and counted: nothing could be judged.
package struct APPSReader: ProblemReader {
    package var path: String
    package var skipBadRows: Bool

    package init(path: String, skipBadRows: Bool = false) {
        self.path = path
        self.skipBadRows = skipBadRows
    }

    package var name: String { "apps" }

    private struct Metadata: Decodable {
        var difficulty: String?
    }

    private struct Row: Decodable {
        var problem_id: JSONValue?
        var id: JSONValue?
        var question: String
        var solutions: JSONValue?
        var input_output: JSONValue?
        var difficulty: String?
        var starter_code: String?
    }

    package func forEach(
        _ split: Split? = nil,
        _ body: (Problem) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading {
        if let file = try jsonLines(split) {
            var rows = Rows(file: file, skipBadRows: skipBadRows)
            try rows.forEach(Row.self) { row, line in try body(try entry(of: row, line: line).problem()) }
            return rows.reading
        }
        var rows = Rows(file: path, skipBadRows: skipBadRows)
        for folder in try folders(split) {
            do {
                guard try body(try entry(folder).problem()) else { break }
            } catch let error as FilteredRow {
                rows.filter(error.reason)
            } catch let error as BadField {
                let file = folder + "/input_output.json"
                try rows.skip(
                    .badRow(file: file, line: 1, field: error.field, expected: error.expected),
                    line: 1
                )
            } catch let error as DatasetError {
                guard case .badRow = error else { throw error }
                try rows.skip(error, line: 1)
            } catch {
                throw .unreadable(file: folder, reason: "\(error)")
            }
        }
        return rows.reading
    }

    /// The file of JSON lines that `path` is or holds for `split`; nil for the published folders.
    private func jsonLines(_ split: Split?) throws(DatasetError) -> String? {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .missingFile(tried: [path])
        }
        guard isFolder.boolValue else { return path }
        guard let split else { return nil }
        return ["\(path)/\(split.rawValue).jsonl", "\(path)/\(split.rawValue).jsonl.gz"].first {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    /// The folders of problems, in order of their numbers.
    private func folders(_ split: Split?) throws(DatasetError) -> [String] {
        var parents = split.map { ["\(path)/\($0.rawValue)"] } ?? ["\(path)/train", "\(path)/test"]
        parents = parents.filter { FileManager.default.fileExists(atPath: $0) }
        if parents.isEmpty { parents = [path] }
        var result: [String] = []
        for parent in parents {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
            result += names.sorted().map { "\(parent)/\($0)" }
                .filter { FileManager.default.fileExists(atPath: $0 + "/question.txt") }
        }
        guard !result.isEmpty else {
            let wanted = split.map(\.rawValue) ?? "train"
            throw .missingFile(tried: ["\(path)/\(wanted)/ID/question.txt", "\(path)/\(wanted).jsonl"])
        }
        return result
    }

    private func entry(_ folder: String) throws -> APPSEntry {
        func file(_ name: String) -> String? {
            let path = "\(folder)/\(name)"
            return FileManager.default.fileExists(atPath: path) ? path : nil
        }
        return APPSEntry(
            id: (folder as NSString).lastPathComponent,
            question: try Rows.text(of: folder + "/question.txt"),
            starterCode: try file("starter_code.py").map { try Rows.text(of: $0) },
            difficulty: try file("metadata.json").map { try Rows.value(Metadata.self, of: $0).difficulty ?? "" } ?? "",
            solutions: try file("solutions.json").map { try Rows.value([String].self, of: $0) } ?? [],
            tests: try file("input_output.json").map { try Rows.value(APPSEntry.InputOutput.self, of: $0) }
        )
    }

    /// Rows have the lists as texts of JSON; a row that has them as lists is understood too.
    private func entry(of row: Row, line: Int) throws -> APPSEntry {
        func inner<Value: Decodable>(_ value: JSONValue?, _ field: String, _ type: Value.Type) throws -> Value? {
            let data: Data
            switch value {
            case nil, .null, .string(""): return nil
            case .string(let text): data = Data(text.utf8)
            case .some(let value): data = try JSONEncoder().encode(value)
            }
            guard let decoded = try? JSONDecoder().decode(type, from: data) else {
                throw BadField(field: field, expected: "JSON of APPS's form, as a text or as it is")
            }
            return decoded
        }
        let id: String =
            switch row.problem_id ?? row.id {
            case .integer(let number): String(number)
            case .string(let text): text
            default: String(line - 1)
            }
        return APPSEntry(
            id: id,
            question: row.question,
            starterCode: row.starter_code.flatMap { $0.isEmpty ? nil : $0 },
            difficulty: row.difficulty ?? "",
            solutions: try inner(row.solutions, "solutions", [String].self) ?? [],
            tests: try inner(row.input_output, "input_output", APPSEntry.InputOutput.self)
        )
    }
}

import Foundation
package import Programs

/// How a model splits text into tokens, as far as the completion task needs to know.
package struct CompletionTokens: Sendable {
    /// Token ids of a text, without any token for beginning or end.
    package var encode: @Sendable (String) -> [Int32]
    /// The bytes of token ids.
    package var bytes: @Sendable ([Int32]) -> [UInt8]

    package init(encode: @escaping @Sendable (String) -> [Int32], bytes: @escaping @Sendable ([Int32]) -> [UInt8]) {
        self.encode = encode
        self.bytes = bytes
    }
}

/// Reads Python functions as a completion task: CodeSearchNet's files, or what `ppocoder data convert` made.
///
/// As in PPOCoder and CompCoder: functions of at least 64 tokens, of which the last 25 are masked; the policy reads the
/// rest and writes the masked end, and the whole function must compile. Which token is which is the model's matter, so
/// that it is decided while reading. Whether a function compiles is `data check`'s and `data convert`'s business; rows that
/// say `"compiles": false` are left out. Line breaks and margins are those of the source: `code`, else `original_string`.
package struct CompletionReader: ProblemReader {
    package var path: String
    package var tokens: CompletionTokens
    /// Tokens at the end of a function that the policy must write.
    package var maskedTokens: Int
    /// Shorter functions are left out, tokens.
    package var minimumTokens: Int
    package var skipBadRows: Bool

    package init(
        path: String,
        tokens: CompletionTokens,
        maskedTokens: Int = 25,
        minimumTokens: Int = 64,
        skipBadRows: Bool = false
    ) {
        self.path = path
        self.tokens = tokens
        self.maskedTokens = maskedTokens
        self.minimumTokens = minimumTokens
        self.skipBadRows = skipBadRows
    }

    package var name: String { "completion" }

    struct Row: Decodable {
        var id: String?
        var code: String?
        var original_string: String?
        var url: String?
        var repo: String?
        var path: String?
        var func_name: String?
        var language: String?
        var compiles: Bool?
    }

    package func forEach(
        _ split: Split? = nil,
        _ body: (Problem) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading {
        var reading = DatasetReading()
        var isWanted = true
        for file in try files(split) where isWanted {
            var rows = Rows(file: file, skipBadRows: skipBadRows)
            try rows.forEach(Row.self) { row, line in
                isWanted = try body(try problem(of: row, file: file, line: line))
                return isWanted
            }
            reading.add(rows.reading)
        }
        return reading
    }

    /// `python_train_0.jsonl.gz` and so on, `{split}.jsonl`, or the files of the folder called after the split.
    private func files(_ split: Split?) throws(DatasetError) -> [String] {
        guard SplitFiles.isFolder(path) else { return [path] }
        let all = try SplitFiles.rowFiles(in: path)
        guard let split else { return all }
        let names = SplitFiles.names(split)
        let found = all.filter { file in
            let inner = file.dropFirst(path.count)
            let folders = inner.split(separator: "/").dropLast()
            let name = inner.split(separator: "/").last ?? ""
            let parts = name.prefix { $0 != "." }.split { $0 == "_" || $0 == "-" }
            return names.contains { name in parts.contains(Substring(name)) || folders.contains(Substring(name)) }
        }
        guard !found.isEmpty else {
            throw .missingFile(tried: names.flatMap { ["\(path)/\($0).jsonl", "\(path)/\($0)/*.jsonl.gz"] })
        }
        return found
    }

    private func problem(of row: Row, file: String, line: Int) throws -> Problem {
        guard let code = row.code ?? row.original_string else {
            throw BadField(field: "code", expected: "a value, as \"code\" or \"original_string\"")
        }
        if let language = row.language, Language(name: language) != .python {
            throw FilteredRow(reason: "completion: rows in \(language)")
        }
        guard row.compiles != false else { throw FilteredRow(reason: "completion: does not compile") }
        let ids = tokens.encode(code)
        guard ids.count >= max(minimumTokens, maskedTokens + 1) else {
            throw FilteredRow(reason: "completion: fewer than \(minimumTokens) tokens")
        }
        // A cut inside a character would leave bytes that are no text: it moves back to the last whole one.
        var prefix: String?
        for cut in stride(from: ids.count - maskedTokens, to: max(0, ids.count - maskedTokens - 4), by: -1) {
            prefix = String(validating: tokens.bytes(Array(ids[..<cut])), as: UTF8.self)
            if prefix != nil { break }
        }
        guard let prefix, code.utf8.starts(with: prefix.utf8) else {
            throw FilteredRow(reason: "completion: the tokens do not give the text back")
        }
        let place = row.id ?? row.url ?? "\((file as NSString).lastPathComponent):\(line)"
        return Problem(
            id: "completion/\(place)",
            prompt: prefix,
            language: .python,
            tests: [],
            reference: code,
            preamble: prefix
        )
    }
}

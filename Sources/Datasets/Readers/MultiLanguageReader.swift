import Foundation
package import Programs

/// Reads sets that have the same tasks in several languages: MBXP and HumanEval-X.
///
/// `path` is one file or a folder of them, in folders of its own where the archive has such; the language of a file is that
/// of its first row. Sources: Athiwaratkun et al. 2022, <https://arxiv.org/abs/2210.14868>; Zheng et al. 2023,
/// <https://arxiv.org/abs/2303.17568>. The prompt is the row's, and the completion goes on from it, as in both papers.
package struct MultiLanguageReader: ProblemReader {
    package var name: String
    package var path: String
    /// The language to write; nil takes every language that can be judged.
    package var language: Language?
    package var continuesPrompt: Bool
    package var skipBadRows: Bool
    /// Whether the numbers of tasks are MBPP's, and with them its split; else there is one split, whatever is asked for.
    package var hasMBPPSplit: Bool
    /// With a source language, problems are translations: the source's reference program is read before the prompt.
    package var source: Language?

    package init(
        name: String,
        path: String,
        language: Language? = nil,
        source: Language? = nil,
        continuesPrompt: Bool = true,
        skipBadRows: Bool = false,
        hasMBPPSplit: Bool = false
    ) {
        self.name = name
        self.path = path
        self.language = language
        self.source = source
        self.continuesPrompt = continuesPrompt
        self.skipBadRows = skipBadRows
        self.hasMBPPSplit = hasMBPPSplit
    }

    package func forEach(
        _ split: Split? = nil,
        _ body: (Problem) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading {
        var reading = DatasetReading()
        let files = try filesByLanguage(&reading)
        var programs: [String: String]?
        if let source { programs = try self.programs(in: source, files, &reading) }
        let wanted = files.filter { file in language.map { $0 == file.language } ?? true }
        guard !wanted.isEmpty else {
            let found = files.map(\.language.rawValue).joined(separator: ", ")
            throw .unreadable(
                file: path,
                reason: "has no rows in \(language?.rawValue ?? "any language that can be judged"); it has \(found)"
            )
        }
        var isWanted = true
        for file in wanted where isWanted {
            var rows = Rows(file: file.path, skipBadRows: skipBadRows)
            try rows.forEach(MultiLanguageRow.self) { row, _ in
                guard try isPart(row, of: split) else { return true }
                isWanted = try body(try problem(of: row, in: file.language, from: programs))
                return isWanted
            }
            reading.add(rows.reading)
        }
        return reading
    }

    private func problem(of row: MultiLanguageRow, in language: Language, from programs: [String: String]?) throws
        -> Problem
    {
        guard let programs, let source else {
            let id = "\(name)/\(language.rawValue)/\(row.number)"
            return try row.problem(id: id, prompt: row.prompt, language: language, continues: continuesPrompt)
        }
        guard let program = programs[row.number] else {
            throw FilteredRow(
                reason: "\(source.rawValue)-\(language.rawValue): no \(source.rawValue) solution to translate"
            )
        }
        return try row.problem(
            id: "\(name)/\(source.rawValue)-\(language.rawValue)/\(row.number)",
            prompt: program + "\n" + row.prompt,
            language: language,
            continues: continuesPrompt
        )
    }

    private func isPart(_ row: MultiLanguageRow, of split: Split?) throws -> Bool {
        guard hasMBPPSplit, let split else { return true }
        guard let number = Int(row.number) else {
            throw BadField(field: "task_id", expected: "a name and a number, as MBPP/11")
        }
        return MBPPReader.split(ofTask: number) == split
    }

    /// The solutions of a language by number.
    private func programs(
        in language: Language,
        _ files: [(path: String, language: Language)],
        _ reading: inout DatasetReading
    ) throws(DatasetError) -> [String: String] {
        guard let file = files.first(where: { $0.language == language }) else {
            throw .unreadable(file: path, reason: "has no rows in \(language.rawValue), the language to translate from")
        }
        var programs: [String: String] = [:]
        var rows = Rows(file: file.path, skipBadRows: skipBadRows)
        try rows.forEach(MultiLanguageRow.self) { row, _ in
            programs[row.number] = row.reference
            return true
        }
        reading.add(rows.reading)
        return programs
    }

    /// The files, with the languages of their first rows; those in languages that cannot be judged are counted.
    private func filesByLanguage(
        _ reading: inout DatasetReading
    ) throws(DatasetError) -> [(path: String, language: Language)] {
        let isFolder = SplitFiles.isFolder(path)
        let all = isFolder ? try SplitFiles.rowFiles(in: path) : [path]
        var result: [(path: String, language: Language)] = []
        for file in all {
            var first: MultiLanguageRow?
            var rows = Rows(file: file, skipBadRows: isFolder)
            try rows.forEach(MultiLanguageRow.self) { row, _ in
                first = row
                return false
            }
            // Other files may lie beside the data, such as its description.
            guard let first else { continue }
            if let language = Language(name: first.languageName) {
                result.append((file, language))
            } else {
                reading.filtered["files in \(first.languageName), which cannot be judged here", default: 0] += 1
            }
        }
        return result
    }
}

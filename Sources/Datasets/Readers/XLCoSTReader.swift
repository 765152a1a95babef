import Foundation
package import Programs

/// Reads XLCoST program translation in the layout of the original: `{split}-{A}-{B}-tok.{extension}`, one program per
/// line, both files parallel.
///
/// `A` and `B` stand in either order, the folder may be given itself, be a subfolder `{A}-{B}`, or lie where the published
/// archive has it, and files may end in `.txt` or `.gz`. Prompt and reference are source code, not the token format. There
/// are no tests: programs are compiled.
package struct XLCoSTReader: ProblemReader {
    /// Which half of the data set: whole programs, or the pieces between comments, which do not compile by themselves.
    package enum Level: String, Sendable, CaseIterable {
        case program, snippet
    }

    package var dataPath: String
    package var source: Language
    package var target: Language
    package var skipBadRows: Bool
    package var level: Level

    package init(
        dataPath: String,
        source: Language,
        target: Language,
        skipBadRows: Bool = false,
        level: Level = .program
    ) {
        self.dataPath = dataPath
        self.source = source
        self.target = target
        self.skipBadRows = skipBadRows
        self.level = level
    }

    package var name: String { "xlcost \(source.rawValue)-\(target.rawValue)" }

    /// The languages of the data set.
    package static let languages: [Language] = [.cpp, .java, .python, .csharp, .javascript, .php, .c]

    /// Names of a language in file names, the usual one first.
    private static func names(_ language: Language) -> [String] {
        switch language {
        case .java: ["Java"]
        case .cpp: ["C++"]
        case .python: ["Python"]
        case .csharp: ["C#"]
        case .javascript: ["Javascript", "JavaScript"]
        case .php: ["PHP"]
        case .c: ["C"]
        case .go: ["Go"]
        case .ruby: ["Ruby"]
        }
    }

    private static func prefixes(_ split: Split) -> [String] {
        switch split {
        case .train: ["train"]
        case .validation: ["val", "valid", "dev"]
        case .test: ["test"]
        }
    }

    /// Where the folders of pairs may be: here, or where the published archive has them.
    private var folders: [String] {
        let kind = level == .program ? "pair_data_tok_full" : "pair_data_tok_1"
        return [dataPath, "\(dataPath)/\(kind)", "\(dataPath)/generation/\(kind)"]
    }

    /// All paths the file of `language` may have.
    private func candidates(_ split: Split, _ language: Language) -> [String] {
        var result: [String] = []
        for a in Self.names(source) {
            for b in Self.names(target) {
                let pairs = ["\(a)-\(b)", "\(b)-\(a)"]
                for pair in pairs {
                    for folder in folders + folders.flatMap({ folder in pairs.map { "\(folder)/\($0)" } }) {
                        for prefix in Self.prefixes(split) {
                            let name = "\(folder)/\(prefix)-\(pair)-tok.\(language.fileExtension)"
                            result += [name, name + ".txt", name + ".gz", name + ".txt.gz"]
                        }
                    }
                }
            }
        }
        return result
    }

    private func file(_ split: Split, _ language: Language) throws(DatasetError) -> String {
        let tried = candidates(split, language)
        guard let found = tried.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw .missingFile(tried: tried)
        }
        return found
    }

    /// The splits both of whose files exist.
    package var availableSplits: [Split] {
        Split.allCases.filter { split in
            [source, target].allSatisfy { language in
                candidates(split, language).contains { FileManager.default.fileExists(atPath: $0) }
            }
        }
    }

    /// - Throws: `DatasetError.missingFile` with every name that was tried, `unequalLines`, or `badRow` for an empty line.
    package func forEach(
        _ split: Split?,
        _ body: (Problem) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading {
        guard let split else {
            var reading = DatasetReading()
            var isWanted = true
            for split in availableSplits where isWanted {
                reading.add(
                    try forEach(split) { (problem) throws(DatasetError) in
                        isWanted = try body(problem)
                        return isWanted
                    }
                )
            }
            return reading
        }
        let sourceFile = try file(split, source)
        let targetFile = try file(split, target)
        let sources = try Rows.lines(of: sourceFile)
        let targets = try Rows.lines(of: targetFile)
        guard sources.count == targets.count else {
            throw .unequalLines(
                first: sourceFile,
                firstCount: sources.count,
                second: targetFile,
                secondCount: targets.count
            )
        }
        let ids = try identifiers(beside: sourceFile, count: sources.count)
        var rows = Rows(file: sourceFile, skipBadRows: skipBadRows)
        for line in sources.indices {
            if let empty = [(sourceFile, sources[line]), (targetFile, targets[line])].first(where: { pair in
                pair.1.allSatisfy(\.isWhitespace)
            }) {
                let problem = DatasetError.badRow(
                    file: empty.0,
                    line: line + 1,
                    field: "program",
                    expected: "a program"
                )
                try rows.skip(problem, line: line + 1)
                continue
            }
            let problem = Problem(
                id: "xlcost/\(split.rawValue)/\(ids?[line] ?? String(line + 1))",
                prompt: Detokenizer.sourceCode(of: sources[line], in: source),
                language: target,
                tests: [],
                reference: Detokenizer.sourceCode(of: targets[line], in: target)
            )
            guard try body(problem) else { break }
        }
        return rows.reading
    }

    /// The ids of `{split}-{language}-map.jsonl`, bare ids and not JSON; nil without such a file, or when it has other
    /// lines or repeats an id.
    private func identifiers(beside file: String, count: Int) throws(DatasetError) -> [String]? {
        let folder = (file as NSString).deletingLastPathComponent
        let prefix = (file as NSString).lastPathComponent.prefix { $0 != "-" }
        for name in Self.names(source) {
            let map = "\(folder)/\(prefix)-\(name)-map.jsonl"
            guard FileManager.default.fileExists(atPath: map) else { continue }
            let ids = try Rows.lines(of: map).map { $0.trimmingCharacters(in: .whitespaces) }
            if ids.count == count, Set(ids).count == count { return ids }
        }
        return nil
    }
}

package import Datasets
internal import Foundation
package import Programs
internal import Tokenization

/// The reader of the data set that `data` names.
///
/// The tokenizer of a completion task is at `modelPath` when `data.tokenizer` is empty. Throws ``ConfigurationError`` for a
/// setting that does not fit the task, `DatasetError` when a file is missing.
package func problemReader(data: DataSection, modelPath: String, split: Split?) throws -> any ProblemReader {
    let skips = data.skipBadRows
    switch data.kind {
    case .completion:
        return CompletionReader(
            path: data.path,
            tokens: try completionTokens(data.tokenizer.isEmpty ? modelPath : data.tokenizer),
            maskedTokens: data.maskedTokens,
            minimumTokens: data.minimumTokens,
            skipBadRows: skips
        )
    case .xlcost:
        return XLCoSTReader(
            dataPath: data.path,
            source: try language(data.pair.l1, key: "data.l1", among: XLCoSTReader.languages),
            target: try language(data.pair.l2, key: "data.l2", among: XLCoSTReader.languages),
            skipBadRows: skips,
            level: XLCoSTReader.Level(rawValue: data.level) ?? .program
        )
    case .mbpp:
        return MBPPReader(file: fileInFolder(data.path, ["mbpp.jsonl", "sanitized-mbpp.json"]), skipBadRows: skips)
    case .humaneval:
        return HumanEvalReader(
            file: fileInFolder(data.path, ["HumanEval.jsonl.gz", "HumanEval.jsonl"]),
            skipBadRows: skips,
            continuesPrompt: data.continuePrompt
        )
    case .apps: return APPSReader(path: data.path, skipBadRows: skips)
    case .mbxp, .humanevalx:
        return multiLanguageReader(
            data,
            target: data.language.isEmpty ? nil : try language(data.language, key: "data.language"),
            source: nil
        )
    case .mbxpPairs, .humanevalxPairs:
        return multiLanguageReader(
            data,
            target: try language(data.pair.l2, key: "data.l2"),
            source: try language(data.pair.l1, key: "data.l1")
        )
    case .contests:
        return ContestReader(
            path: data.path,
            language: data.language.isEmpty ? .python : try language(data.language, key: "data.language"),
            skipBadRows: skips
        )
    case .jsonl:
        // One file per split in a folder, or one file for all.
        let name = split?.rawValue ?? "train"
        return JSONLinesReader(
            file: fileInFolder(data.path, ["\(name).jsonl", "\(name).jsonl.gz"]),
            skipBadRows: skips
        )
    case .builtin, .builtinPairs, nil:
        throw ConfigurationError.outOfRange(
            key: "data.task",
            value: data.task,
            expected: "one of \(DatasetTask.names)"
        )
    }
}

extension DataSection {
    /// The kind of problems; nil when ``task`` names none.
    package var kind: DatasetTask? { DatasetTask(rawValue: task) }

    /// Names of the languages that a translation task reads and writes.
    ///
    /// What is left out is the task's own: JavaScript to Python of the built-in problems, where naming one of the two
    /// leaves the other, else Java to C++.
    package var pair: (l1: String, l2: String) {
        guard kind == .builtinPairs else { return (l1.isEmpty ? "java" : l1, l2.isEmpty ? "cpp" : l2) }
        func other(than name: String) -> String { Language(name: name) == .python ? "javascript" : "python" }
        let from = !l1.isEmpty ? l1 : l2.isEmpty ? "javascript" : other(than: l2)
        return (from, l2.isEmpty ? other(than: from) : l2)
    }
}

/// The built-in problems that `data` asks for, under `seed`; nil for any other task.
///
/// Throws ``ConfigurationError`` for a language they are not written in.
package func builtinProblems(data: DataSection, seed: UInt64) throws(ConfigurationError) -> BuiltinProblems? {
    switch data.kind {
    case .builtin:
        guard !data.language.isEmpty else { return BuiltinProblems(seed: seed) }
        let target = try language(data.language, key: "data.language", among: BuiltinProblems.languages)
        return BuiltinProblems(seed: seed, to: target)
    case .builtinPairs:
        let source = try language(data.pair.l1, key: "data.l1", among: BuiltinProblems.languages)
        let target = try language(data.pair.l2, key: "data.l2", among: BuiltinProblems.languages)
        guard source != target else {
            throw .outOfRange(key: "data.l2", value: data.l2, expected: "another language than data.l1")
        }
        return BuiltinProblems(seed: seed, from: source, to: target)
    default: return nil
    }
}

private func multiLanguageReader(_ data: DataSection, target: Language?, source: Language?) -> MultiLanguageReader {
    let isMBXP = data.task.hasPrefix("mbxp")
    return MultiLanguageReader(
        name: isMBXP ? "mbxp" : "humanevalx",
        path: data.path,
        language: target,
        source: source,
        continuesPrompt: data.continuePrompt,
        skipBadRows: data.skipBadRows,
        hasMBPPSplit: isMBXP
    )
}

private func completionTokens(_ path: String) throws -> CompletionTokens {
    guard !path.isEmpty else {
        throw ConfigurationError.outOfRange(
            key: "data.tokenizer",
            value: "empty",
            expected: "a folder with a tokenizer, since no model was named: it decides where a completion begins"
        )
    }
    let tokenizer = try Tokenizer(directory: URL(filePath: path))
    return CompletionTokens(
        encode: { tokenizer.encode(bytes: Array($0.utf8)) },
        bytes: { tokenizer.decodeBytes($0, skipSpecialTokens: false) }
    )
}

/// The first of `names` that is in `path` when that is a folder, else `path`.
private func fileInFolder(_ path: String, _ names: [String]) -> String {
    var isFolder: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard exists && isFolder.boolValue else { return path }
    return names.map { "\(path)/\($0)" }.first { FileManager.default.fileExists(atPath: $0) }
        ?? "\(path)/\(names.first ?? "")"
}

private func language(
    _ name: String,
    key: String,
    among languages: [Language] = Language.allCases
) throws(ConfigurationError) -> Language {
    guard let language = Language(name: name), languages.contains(language) else {
        throw .outOfRange(
            key: key,
            value: name,
            expected: "one of \(languages.map(\.rawValue).joined(separator: ", "))"
        )
    }
    return language
}

/// The problem with the limits of the run's sandbox.
package func limited(_ problem: Problem, _ configuration: RunConfiguration) -> Problem {
    var problem = problem
    problem.limits.cpuSeconds = min(problem.limits.cpuSeconds, configuration.sandbox.cpuSeconds)
    problem.limits.memoryBytes = max(configuration.sandbox.memoryBytes, problem.language == .java ? 1 << 30 : 0)
    return problem
}

extension Tokenizer {
    /// The encoder's input for `problem`, in at most `maximumLength` tokens.
    ///
    /// A prompt that is too long loses its end; one that the completion goes on from loses its beginning.
    package func encodePrompt(of problem: Problem, maximumLength: Int) -> [Int32] {
        guard problem.promptLeadsIntoCompletion else {
            return encodeSource(problem.prompt, maximumLength: maximumLength)
        }
        let tokens = encode(problem.prompt)
        return [bosID] + tokens.suffix(maximumLength - 2) + [eosID]
    }
}

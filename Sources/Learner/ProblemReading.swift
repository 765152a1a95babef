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
    switch DatasetTask(rawValue: data.task) {
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
            source: try language(data.l1, key: "data.l1", among: XLCoSTReader.languages),
            target: try language(data.l2, key: "data.l2", among: XLCoSTReader.languages),
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
            target: try language(data.l2, key: "data.l2"),
            source: try language(data.l1, key: "data.l1")
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
    case .builtin, nil:
        throw ConfigurationError.outOfRange(
            key: "data.task",
            value: data.task,
            expected: "one of \(DatasetTask.names)"
        )
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

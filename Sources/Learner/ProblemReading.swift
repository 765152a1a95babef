internal import Datasets
internal import Foundation
internal import Programs

/// Reads one split of the data set that `data` names.
func readProblems(data: DataSection, split: Split) throws -> ProblemSet {
    let file = data.path
    switch data.task {
    case "mbpp":
        return try MBPPReader(file: fileInFolder(file, "mbpp.jsonl"), skipBadRows: data.skipBadRows).problems(split)
    case "humaneval":
        return try HumanEvalReader(
            file: fileInFolder(file, "HumanEval.jsonl.gz"),
            skipBadRows: data.skipBadRows
        ).problems()
    case "xlcost":
        return try XLCoSTReader(
            dataPath: file,
            source: language(data.l1, key: "data.l1"),
            target: language(data.l2, key: "data.l2"),
            skipBadRows: data.skipBadRows
        ).problems(split)
    case "jsonl":
        // One file per split in a folder, or one file for all.
        return try JSONLinesReader(
            file: fileInFolder(file, "\(split.rawValue).jsonl"),
            skipBadRows: data.skipBadRows
        ).problems()
    default:
        throw ConfigurationError.outOfRange(
            key: "data.task",
            value: data.task,
            expected: "one of \(DataSection.tasks.joined(separator: ", "))"
        )
    }
}

/// `name` in `path` when that is a folder, else `path`.
private func fileInFolder(_ path: String, _ name: String) -> String {
    var isFolder: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? path + "/" + name : path
}

private func language(_ name: String, key: String) throws(ConfigurationError) -> Language {
    guard let language = Language(name: name) else {
        throw .outOfRange(
            key: key,
            value: name,
            expected: "one of \(Language.allCases.map(\.rawValue).joined(separator: ", "))"
        )
    }
    return language
}

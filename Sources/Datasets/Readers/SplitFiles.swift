import Foundation

/// Finds the files of a split in a folder.
enum SplitFiles {
    static func names(_ split: Split) -> [String] {
        switch split {
        case .train: ["train"]
        case .validation: ["validation", "valid", "val", "dev"]
        case .test: ["test"]
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// `path` itself when it is a file, else `{split}.jsonl`, plain or packed, in it; without a split, the only such file.
    static func file(in path: String, split: Split?) throws(DatasetError) -> String {
        guard isFolder(path) else { return path }
        let all = try rowFiles(in: path)
        if let split {
            let tried = names(split).flatMap { name in
                ["jsonl", "jsonl.gz", "json"].map { "\(path)/\(name).\($0)" }
            }
            if let found = tried.first(where: { FileManager.default.fileExists(atPath: $0) }) { return found }
            guard all.count == 1 else { throw .missingFile(tried: tried) }
        }
        guard all.count == 1, let only = all.first else {
            throw .unreadable(file: path, reason: "has \(all.count) files of rows: name one of them, or a split")
        }
        return only
    }

    /// Every `.jsonl`, `.jsonl.gz` and `.json` file below `folder`, in the order of their paths.
    static func rowFiles(in folder: String) throws(DatasetError) -> [String] {
        guard let paths = FileManager.default.enumerator(atPath: folder) else {
            throw .unreadable(file: folder, reason: "cannot be read")
        }
        var found: [String] = []
        while let path = paths.nextObject() as? String {
            if [".jsonl", ".jsonl.gz", ".json"].contains(where: path.hasSuffix) { found.append("\(folder)/\(path)") }
        }
        return found.sorted()
    }
}

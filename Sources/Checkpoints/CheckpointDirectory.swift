package import Foundation

/// The checkpoints of a run: `checkpoints/step-000100/` in the run directory, and `latest`, a link to the newest.
///
/// A checkpoint is there whole or not at all: it is written under another name, hashed, synced and then renamed, so
/// that a process killed at any moment leaves the checkpoints before it as they were.
package enum CheckpointDirectory {
    /// A checkpoint that was passed over, and why.
    package struct Skipped: Sendable, Equatable {
        package let url: URL
        package let reason: String
    }

    /// What a search for the newest checkpoint found.
    package struct Search: Sendable, Equatable {
        /// The newest checkpoint that is as its manifest says, and its step; nil when there is none.
        package let url: URL?
        package let step: Int?
        /// Newer checkpoints that are not, newest first, then those that were never finished.
        package let skipped: [Skipped]
    }

    private static let temporaryPrefix = "tmp-"

    /// The folder of the checkpoints of `runDirectory`.
    package static func folder(in runDirectory: URL) -> URL {
        runDirectory.appendingPathComponent("checkpoints", isDirectory: true)
    }

    /// Where the checkpoint of `step` is, or would be.
    package static func url(ofStep step: Int, in runDirectory: URL) -> URL {
        let digits = String(step)
        let name = "step-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        return folder(in: runDirectory).appendingPathComponent(name, isDirectory: true)
    }

    /// Writes the checkpoint of `step`, points `latest` at it and removes all but the newest `keep` up to it.
    ///
    /// A checkpoint of the same step is replaced. Temporary directories of writers that were killed are removed; one
    /// process writes at a time.
    ///
    /// - Parameters:
    ///   - step: What the checkpoint is named after.
    ///   - runDirectory: Made when it is not there.
    ///   - keep: At least 1.
    ///   - files: Writes the files of the checkpoint into the directory that it is given.
    /// - Returns: The checkpoint.
    /// - Throws: `CheckpointError`, or what `files` throws; the checkpoints are then as they were.
    @discardableResult
    package static func write(
        step: Int,
        into runDirectory: URL,
        keep: Int,
        files: (URL) throws -> Void
    ) throws -> URL {
        precondition(step >= 0 && keep >= 1, "step \(step), keeping \(keep)")
        let folder = folder(in: runDirectory)
        let target = url(ofStep: step, in: runDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in try names(in: folder) where name.hasPrefix(temporaryPrefix) {
            try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
        let temporary = temporaryURL(for: target)
        try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: temporary) }
        try files(temporary)
        let manifest = try CheckpointManifest(step: step, of: temporary)
        try atomicWrite(manifest.data, to: temporary.appendingPathComponent(CheckpointManifest.fileName))
        try synchronize(temporary, files: manifest.files.map(\.path))
        try publish(temporary, manifest, as: target)
        try fsyncFile(folder)
        try link("latest", to: "checkpoints/\(target.lastPathComponent)", in: runDirectory)
        try removeOld(in: folder, upTo: step, keep: keep)
        return target
    }

    /// The newest checkpoint of `runDirectory` whose every file has the size and SHA-256 of its manifest.
    package static func newestValid(in runDirectory: URL) throws(CheckpointError) -> Search {
        let folder = folder(in: runDirectory)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            return Search(url: nil, step: nil, skipped: [])
        }
        let names = try names(in: folder)
        var skipped: [Skipped] = []
        var found: (url: URL, step: Int)?
        for (step, url) in steps(names, in: folder).reversed() {
            guard let reason = defect(of: url, step: step) else {
                found = (url, step)
                break
            }
            skipped.append(Skipped(url: url, reason: reason))
        }
        for name in names.sorted() where name.hasPrefix(temporaryPrefix) {
            let url = folder.appendingPathComponent(name, isDirectory: true)
            skipped.append(Skipped(url: url, reason: "was not finished"))
        }
        return Search(url: found?.url, step: found?.step, skipped: skipped)
    }

    /// What is wrong with the checkpoint at `url`; nil when it is as its manifest says.
    ///
    /// - Parameters:
    ///   - url: The checkpoint.
    ///   - step: The step its manifest must name; nil for any.
    /// - Returns: The reason to skip it, for people.
    package static func defect(of url: URL, step: Int? = nil) -> String? {
        do throws(CheckpointError) {
            let manifest = try CheckpointManifest(contentsOf: url)
            if let step, manifest.step != step { return "its manifest is that of step \(manifest.step)" }
            return try manifest.firstDifference(in: url)
        } catch {
            return error.description
        }
    }

    private static func names(in folder: URL) throws(CheckpointError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        } catch {
            throw .unreadable(path: folder.path, reason: readableReason(error))
        }
    }

    /// The checkpoints among `names`, by step.
    private static func steps(_ names: [String], in folder: URL) -> [(step: Int, url: URL)] {
        names.compactMap { name in
            guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0 else { return nil }
            return (step, folder.appendingPathComponent(name, isDirectory: true))
        }
        .sorted { $0.0 < $1.0 }
    }

    private static func temporaryURL(for target: URL) -> URL {
        let name = temporaryPrefix + target.lastPathComponent + "-" + UUID().uuidString
        return target.deletingLastPathComponent().appendingPathComponent(name, isDirectory: true)
    }

    /// Syncs the files, then every directory from the deepest up, so that no entry is without its contents.
    private static func synchronize(_ directory: URL, files: [String]) throws(CheckpointError) {
        var folders: Set<String> = [directory.path]
        for path in files {
            var url = directory.appendingPathComponent(path)
            try fsyncFile(url)
            while url.path != directory.path {
                url.deleteLastPathComponent()
                folders.insert(url.path)
            }
        }
        for path in folders.sorted(by: >) { try fsyncFile(URL(fileURLWithPath: path)) }
    }

    /// Renames the finished directory into its place, unless the same checkpoint is there already.
    private static func publish(_ temporary: URL, _ manifest: CheckpointManifest, as target: URL)
        throws(CheckpointError)
    {
        guard FileManager.default.fileExists(atPath: target.path) else {
            return try renameFile(temporary, to: target)
        }
        // A step that is done again after a resume comes out the same, so only a damaged or foreign checkpoint is
        // moved away; a crash between the two renames leaves those before it.
        if let present = try? CheckpointManifest(contentsOf: target), present == manifest, defect(of: target) == nil {
            return
        }
        let doomed = temporaryURL(for: target)
        try renameFile(target, to: doomed)
        try renameFile(temporary, to: target)
        try? FileManager.default.removeItem(at: doomed)
    }

    /// Makes the symbolic link `name`, or turns the one that is there, in one step.
    private static func link(_ name: String, to destination: String, in directory: URL) throws(CheckpointError) {
        let temporary = directory.appendingPathComponent(".\(name).\(UUID().uuidString)")
        guard unsafe symlink(destination, temporary.path) == 0 else { throw unwritable(temporary) }
        try renameFile(temporary, to: directory.appendingPathComponent(name))
        try fsyncFile(directory)
    }

    /// Removes the checkpoints up to `step` that are not among the newest `keep` of these.
    private static func removeOld(in folder: URL, upTo step: Int, keep: Int) throws {
        let old = steps(try names(in: folder), in: folder).filter { $0.step <= step }.dropLast(keep)
        for (_, url) in old {
            // Renamed first: a removal that is cut short must not look like a damaged checkpoint.
            let doomed = temporaryURL(for: url)
            try renameFile(url, to: doomed)
            try FileManager.default.removeItem(at: doomed)
        }
    }
}

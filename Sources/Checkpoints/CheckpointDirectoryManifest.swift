import Determinism
import Foundation

/// The names, sizes and digests of the files of a checkpoint, in its `manifest.json`.
struct CheckpointManifest: Codable, Equatable {
    /// One file of the checkpoint.
    struct File: Codable, Equatable {
        /// Relative to the checkpoint, with `/` between its parts.
        var path: String
        var bytes: Int
        /// 64 hexadecimal digits.
        var sha256: String
    }

    static let fileName = "manifest.json"
    static let currentVersion = 1

    var version = currentVersion
    var step: Int
    /// Sorted by path.
    var files: [File]

    /// Measures every file below `directory`; what is neither file nor directory is refused.
    init(step: Int, of directory: URL) throws(CheckpointError) {
        self.step = step
        files = []
        for path in try Self.paths(below: directory) where path != Self.fileName {
            files.append(try Self.measure(path, in: directory))
        }
    }

    /// Reads the manifest of the checkpoint `directory`.
    init(contentsOf directory: URL) throws(CheckpointError) {
        let url = directory.appendingPathComponent(Self.fileName)
        let data: Data
        do {
            data = try Data(contentsOf: url)
        } catch {
            throw .unreadable(path: url.path, reason: readableReason(error))
        }
        do {
            self = try JSONDecoder().decode(CheckpointManifest.self, from: data)
        } catch {
            throw .malformed(path: url.path, reason: "expected JSON with version, step and files")
        }
        guard version == Self.currentVersion else {
            throw .malformed(path: url.path, reason: "is of version \(version); expected \(Self.currentVersion)")
        }
    }

    /// The manifest as it is written.
    var data: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("numbers and strings are always JSON") }
        return data
    }

    /// What of `directory` is not as the manifest says; nil when everything is.
    func firstDifference(in directory: URL) throws(CheckpointError) -> String? {
        let present = Set(try Self.paths(below: directory)).subtracting([Self.fileName])
        for file in files {
            guard present.contains(file.path) else { return "\(file.path) is missing" }
            let found = try Self.measure(file.path, in: directory)
            if found.bytes != file.bytes { return "\(file.path) has \(found.bytes) bytes, expected \(file.bytes)" }
            if found.sha256 != file.sha256 {
                return "\(file.path) has SHA-256 \(found.sha256), expected \(file.sha256)"
            }
        }
        let extra = present.subtracting(files.map(\.path)).sorted()
        return extra.first.map { "\($0) is not in the manifest" }
    }

    /// The files below `directory`, relative to it, sorted.
    static func paths(below directory: URL) throws(CheckpointError) -> [String] {
        var result: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let names: [String]
            do {
                names = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/" + folder)
            } catch {
                throw .unreadable(path: directory.path + "/" + folder, reason: readableReason(error))
            }
            for name in names {
                let path = folder + name
                let type = try? FileManager.default.attributesOfItem(atPath: directory.path + "/" + path)[.type]
                switch type as? FileAttributeType {
                case .typeRegular: result.append(path)
                case .typeDirectory: folders.append(path + "/")
                default:
                    throw .malformed(path: directory.path + "/" + path, reason: "is neither a file nor a directory")
                }
            }
        }
        return result.sorted()
    }

    private static func measure(_ path: String, in directory: URL) throws(CheckpointError) -> File {
        let url = directory.appendingPathComponent(path)
        do {
            let data = try Data(contentsOf: url, options: .mappedIfSafe)
            let digest = unsafe data.withUnsafeBytes { unsafe Digest(of: $0) }
            return File(path: path, bytes: data.count, sha256: digest.hex)
        } catch {
            throw .unreadable(path: url.path, reason: readableReason(error))
        }
    }
}

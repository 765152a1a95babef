internal import Foundation
internal import Glibc

/// What is wrong with a file of keys; every case names the file.
package enum KeyError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    /// Others than its owner can read a secret, or could have put another one there.
    case loose(path: String, mode: UInt32)
    case foreign(path: String, owner: UInt32)
    case malformed(path: String, line: Int, reason: String)
    /// The key is one of another role.
    case wrongRole(path: String, found: String, expected: String)
    case exists(path: String)
    /// The keys were made without relays.
    case noRelay(path: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .loose(let path, let mode):
            "\(path) has mode 0\(String(mode, radix: 8)): a secret key must be for its owner only; run: chmod 600 \(path)"
        case .foreign(let path, let owner):
            "\(path) belongs to user \(owner): a secret key must belong to the user who runs this, or to root"
        case .malformed(let path, let line, let reason): "\(path):\(line): \(reason)"
        case .wrongRole(let path, let found, let expected): "\(path) is the key of role \(found), expected \(expected)"
        case .exists(let path): "\(path) is there already: keys are never overwritten"
        case .noRelay(let path):
            "\(path) is not there: these keys were made without relays of weights; run: ppocoder keygen --output KEYS "
                + "--add relay, where KEYS has the folders of all roles, and copy the folders to their machines again"
        }
    }
}

/// Files of `word value` lines, with # at the start of a comment line.
package enum KeyFile {
    /// The words and values of `path`.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - isSecret: refuse a file that others than its owner can read.
    /// - Returns: the values by their words.
    /// - Throws: ``KeyError`` naming the file, and the line if one is wrong.
    package static func read(_ path: String, isSecret: Bool) throws(KeyError) -> [String: String] {
        var values: [String: String] = [:]
        for (number, words) in try lines(path, isSecret: isSecret) {
            guard words.count == 2 else {
                throw .malformed(path: path, line: number, reason: "expected a word and a value")
            }
            values[words[0]] = words[1]
        }
        return values
    }

    /// The lines of `path` that say something: number from 1, and words.
    package static func lines(_ path: String, isSecret: Bool) throws(KeyError) -> [(number: Int, words: [String])] {
        if isSecret { try checkOwner(path) }
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw .unreadable(path: path, reason: "cannot be read (\(error.localizedDescription))")
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            return words.isEmpty || line.hasPrefix("#") ? nil : (index + 1, words)
        }
    }

    private static func checkOwner(_ path: String) throws(KeyError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw .unreadable(path: path, reason: unsafe String(cString: strerror(errno)))
        }
        let mode = status.st_mode & 0o777
        guard mode & 0o077 == 0 else { throw .loose(path: path, mode: mode) }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .foreign(path: path, owner: status.st_uid)
        }
    }

    /// Writes a file that is not there yet; a secret is never, not even for a moment, readable by others.
    package static func create(_ path: String, isSecret: Bool, _ text: String) throws(KeyError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isSecret ? 0o600 : 0o644)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw .exists(path: path) }
            throw .unreadable(path: path, reason: unsafe String(cString: strerror(errno)))
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(text.utf8))
            try file.synchronize()
        } catch {
            throw .unreadable(path: path, reason: "cannot be written (\(error.localizedDescription))")
        }
    }
}

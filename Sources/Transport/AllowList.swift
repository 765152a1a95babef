internal import Foundation
internal import Glibc
internal import Synchronization

/// The public keys that may connect to a server, each with its role and a name: lines of `role name key`.
///
/// The file is looked at again when it has changed, at most every fifth of a second, and at `reload`. A file that cannot be
/// understood changes nothing: what was allowed before still is, and the trouble is told.
package final class AllowList: Sendable {
    /// Who a key belongs to.
    package struct Holder: Sendable, Equatable {
        package var role: PeerRole
        package var name: String
    }

    /// What tells one content of the file from another.
    private struct Stamp: Equatable {
        var inode: UInt64
        var bytes: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private struct State {
        var holders: [String: Holder]
        var stamp: Stamp?
        var lastLook: ContinuousClock.Instant
    }

    package let path: String
    private let state: Mutex<State>
    private let report: @Sendable (String) -> Void

    /// - Parameters:
    ///   - path: of the file.
    ///   - report: is told when the list has changed, and why it could not.
    /// - Throws: ``KeyError`` naming the line.
    package init(path: String, report: @escaping @Sendable (String) -> Void) throws(KeyError) {
        self.path = path
        self.report = report
        let stamp = Self.stamp(path)
        state = Mutex(State(holders: try Self.read(path), stamp: stamp, lastLook: .now))
    }

    /// Whose key it is; nil when it is not, or no longer, allowed.
    package func holder(of publicKey: String) -> Holder? {
        let isDue = state.withLock { state in
            guard ContinuousClock.now - state.lastLook > .milliseconds(200) else { return false }
            state.lastLook = .now
            return Self.stamp(path) != state.stamp
        }
        if isDue { reload() }
        return state.withLock { $0.holders[publicKey] }
    }

    /// Reads the file again.
    package func reload() {
        let stamp = Self.stamp(path)
        do throws(KeyError) {
            let holders = try Self.read(path)
            state.withLock { state in
                state.holders = holders
                state.stamp = stamp
            }
            report("\(path): \(holders.count) keys are allowed")
        } catch {
            state.withLock { $0.stamp = stamp }
            report("\(error); the list before it still holds")
        }
    }

    private static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Stamp(
            inode: UInt64(status.st_ino),
            bytes: Int(status.st_size),
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec
        )
    }

    private static func read(_ path: String) throws(KeyError) -> [String: Holder] {
        var holders: [String: Holder] = [:]
        for (number, words) in try KeyFile.lines(path, isSecret: false) {
            guard words.count == 3 else {
                throw .malformed(path: path, line: number, reason: "expected a role, a name and a key")
            }
            guard let role = PeerRole(rawValue: words[0]) else {
                let roles = PeerRole.allCases.map(\.rawValue).joined(separator: ", ")
                throw .malformed(path: path, line: number, reason: "'\(words[0])' is no role, expected one of \(roles)")
            }
            guard CurveKeyPair.isKey(words[2]) else {
                throw .malformed(path: path, line: number, reason: "'\(words[2])' is not a key of 40 characters")
            }
            holders[words[2]] = Holder(role: role, name: words[1])
        }
        return holders
    }
}

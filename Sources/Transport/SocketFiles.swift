internal import Foundation
internal import Glibc
internal import Synchronization

/// The files of ipc sockets that this process listens on, to be removed when it ends without closing them.
package final class SocketFiles: Sendable {
    private let paths = Mutex<Set<String>>([])

    package init() {}

    /// Somebody listens at `endpoint`; one that is not `ipc://` has no file.
    package func opened(_ endpoint: String) {
        guard let path = Endpoint.path(of: endpoint) else { return }
        paths.withLock { _ = $0.insert(path) }
    }

    /// The socket was closed, which removed its file.
    package func closed(_ endpoint: String) {
        guard let path = Endpoint.path(of: endpoint) else { return }
        paths.withLock { _ = $0.remove(path) }
    }

    /// Removes what is left: the process is about to end.
    package func removeAll() {
        paths.withLock { paths in
            for path in paths { unsafe _ = unlink(path) }
            paths = []
        }
    }

    /// Removes sockets of this user that processes which were killed have left: nobody listens there.
    ///
    /// - Parameters:
    ///   - prefix: what their paths begin with; it has a slash.
    ///   - suffix: what their paths end with.
    ///   - age: a younger one is left alone, because its owner may be about to listen; seconds.
    /// - Returns: how many there were.
    @discardableResult
    package static func sweep(prefix: Substring, suffix: String = "", olderThan age: Int = 60) -> Int {
        guard let slash = prefix.lastIndex(of: "/") else { return 0 }
        let folder = String(prefix[...slash])
        let start = prefix[prefix.index(after: slash)...]
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var removed = 0
        for name in names where name.hasPrefix(start) && name.hasSuffix(suffix) {
            let path = folder + name
            var status = stat()
            guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == geteuid(),
                time(nil) - status.st_ctim.tv_sec >= age, !Endpoint.isListening(path: path), unsafe unlink(path) == 0
            else { continue }
            removed += 1
        }
        return removed
    }
}

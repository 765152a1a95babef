import Foundation

/// What is compiled once on a machine and then used by every pool on it.
enum HostCache {
    /// The directory for this user.
    static func directory(_ configuration: SandboxConfiguration) -> String {
        let environment = ProcessInfo.processInfo.environment
        return configuration.cacheDirectory ?? environment["XDG_CACHE_HOME"].map { $0 + "/ppocoder" }
            ?? environment["HOME"].map { $0 + "/.cache/ppocoder" } ?? "/var/tmp/ppocoder-\(getuid())"
    }

    /// Whether nobody else may write there: what is in it becomes part of every program.
    static func isOurs(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return status.st_uid == getuid() && status.st_mode & 0o022 == 0
    }

    /// Runs a command of ours, outside of any slot; nothing of a program's is in it.
    ///
    /// What it prints goes to the file `output`, or nowhere.
    static func runTrusted(_ command: [String], in directory: String? = nil, output: String? = nil) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        // A process starts where its parent is unless told otherwise, and this user may not be allowed there.
        process.currentDirectoryURL = URL(fileURLWithPath: directory ?? "/")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        if let output {
            guard FileManager.default.createFile(atPath: output, contents: nil),
                let handle = FileHandle(forWritingAtPath: output)
            else { return false }
            process.standardOutput = handle
        }
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

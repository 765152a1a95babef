import Foundation

/// `<bits/stdc++.h>` compiled beforehand: it is what most short C++ programs include, and most of their compile time.
enum PrecompiledHeader {
    /// The directory to put first on the include path, made on the first call on a machine; nil when it cannot be made.
    static func directory(_ configuration: SandboxConfiguration, _ version: String) -> String? {
        let manager = FileManager.default
        let base = HostCache.directory(configuration)
        let name = version.replacingOccurrences(of: " ", with: "-") + "-c++17-O1"
        let directory = "\(base)/headers/\(name)"
        let header = "\(directory)/bits/stdc++.h.gch"
        if manager.fileExists(atPath: header) { return HostCache.isOurs(base) ? directory : nil }
        do {
            try manager.createDirectory(atPath: "\(directory)/bits", withIntermediateDirectories: true)
        } catch {
            return nil
        }
        guard HostCache.isOurs(base) else { return nil }
        let source = "\(directory)/source-\(getpid()).h"
        let made = "\(directory)/made-\(getpid()).gch"
        defer {
            try? manager.removeItem(atPath: source)
            try? manager.removeItem(atPath: made)
        }
        guard manager.createFile(atPath: source, contents: Data("#include <bits/stdc++.h>\n".utf8)) else { return nil }
        let command = ["/usr/bin/g++", "-std=c++17", "-O1", "-x", "c++-header", source, "-o", made]
        guard HostCache.runTrusted(command), unsafe rename(made, header) == 0 else { return nil }
        return directory
    }
}

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

    static func runTrusted(_ command: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

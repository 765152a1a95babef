import CSandbox
import Foundation
import Programs

/// What this machine offers, found out once per pool.
struct Machine: Sendable {
    var surroundings: Slot.Surroundings
    var walls: [String]

    /// What tool chains need of the host, and no more.
    ///
    /// Missing ones are left out.
    private static let shown = [
        "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/include", "/usr/share/zoneinfo",
        "/bin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d",
    ]
    private static let headersInSlot = "/headers"

    static func prepare(_ configuration: SandboxConfiguration) throws(SandboxError) -> Machine {
        let helper = try helperPath(configuration)
        var binds = shown.map { (from: $0, to: $0) }
        let etc = (try? FileManager.default.contentsOfDirectory(atPath: "/etc")) ?? []
        for name in etc.sorted() where name.hasPrefix("java-") { binds.append(("/etc/\(name)", "/etc/\(name)")) }
        var surroundings = Slot.Surroundings(
            helper: helper,
            scratchBytes: configuration.scratchBytes,
            binds: binds,
            toolChains: [:],
            poolSecret: (0..<4).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 16) }.joined()
        )
        let slot = try Slot.start(.commands, surroundings, configuration.firstUser)
        for language in configuration.languages {
            guard let toolChain = probe(language, in: slot) else { continue }
            surroundings.toolChains[language] = toolChain
        }
        if let cpp = surroundings.toolChains[.cpp],
            let headers = PrecompiledHeader.directory(configuration, cpp.version)
        {
            surroundings.toolChains[.cpp]?.headers = headersInSlot
            surroundings.binds.append((headers, headersInSlot))
        }
        return Machine(surroundings: surroundings, walls: slot.walls)
    }

    private static func helperPath(_ configuration: SandboxConfiguration) throws(SandboxError) -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("ppocoder-slot").path
        let path = configuration.helperPath ?? beside
        guard FileManager.default.isExecutableFile(atPath: path) else { throw .helperMissing(path: path) }
        return path
    }

    private static func probe(_ language: Language, in slot: SlotProcess) -> ToolChain? {
        guard let command = ToolChain.versionCommand(language) else { return nil }
        let run = CommandRun(
            files: [],
            arguments: command,
            cpuSeconds: 20,
            wallSeconds: 60,
            memoryBytes: 1 << 30,
            outputBytes: 1 << 16,
            fileBytes: 1 << 20,
            processes: 64
        )
        guard let outcome = try? slot.run(run), outcome.hasSucceeded else { return nil }
        let text = String(decoding: outcome.output + outcome.errors, as: UTF8.self)
        return ToolChain(
            language: language,
            compiler: command[0],
            version: ToolChain.shortVersion(language, text)
        )
    }
}

/// `<bits/stdc++.h>` compiled beforehand: it is what most short C++ programs include, and most of their compile time.
enum PrecompiledHeader {
    /// The directory to put first on the include path, made on the first call on a machine; nil when it cannot be made.
    static func directory(_ configuration: SandboxConfiguration, _ version: String) -> String? {
        let manager = FileManager.default
        let environment = ProcessInfo.processInfo.environment
        let base =
            configuration.cacheDirectory ?? environment["XDG_CACHE_HOME"].map { $0 + "/ppocoder" }
            ?? environment["HOME"].map { $0 + "/.cache/ppocoder" } ?? "/var/tmp/ppocoder-\(getuid())"
        let name = version.replacingOccurrences(of: " ", with: "-") + "-c++17-O1"
        let directory = "\(base)/headers/\(name)"
        let header = "\(directory)/bits/stdc++.h.gch"
        if manager.fileExists(atPath: header) { return isOurs(base) ? directory : nil }
        do {
            try manager.createDirectory(atPath: "\(directory)/bits", withIntermediateDirectories: true)
        } catch {
            return nil
        }
        guard isOurs(base) else { return nil }
        let source = "\(directory)/source-\(getpid()).h"
        let made = "\(directory)/made-\(getpid()).gch"
        defer {
            try? manager.removeItem(atPath: source)
            try? manager.removeItem(atPath: made)
        }
        guard manager.createFile(atPath: source, contents: Data("#include <bits/stdc++.h>\n".utf8)) else { return nil }
        let command = ["/usr/bin/g++", "-std=c++17", "-O1", "-x", "c++-header", source, "-o", made]
        guard runTrusted(command), unsafe rename(made, header) == 0 else { return nil }
        return directory
    }

    /// Whether nobody else may write there: what is in it becomes part of every program.
    private static func isOurs(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return status.st_uid == getuid() && status.st_mode & 0o022 == 0
    }

    private static func runTrusted(_ command: [String]) -> Bool {
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

import CSandbox
import Foundation
import Programs

/// What this machine offers, found out once per pool.
struct Machine: Sendable {
    var surroundings: Slot.Surroundings
    var walls: Walls

    /// What tool chains need of the host, and no more.
    ///
    /// Missing ones are left out.
    private static let shown = [
        "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/include", "/usr/share/nodejs",
        "/usr/share/zoneinfo",
        "/bin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d", "/etc/mono",
    ]

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
            missing: [:],
            poolSecret: (0..<4).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 16) }.joined()
        )
        let interpreted = configuration.languages.contains { Interpreter.of($0) != nil }
        let library = interpreted ? ZygoteLibrary.path(configuration) : nil
        if let library { surroundings.binds.append((library, ZygoteLibrary.pathInSlot)) }
        surroundings.acceptsWeakWalls = configuration.acceptsWeakWalls
        let slot = try Slot.start(.commands, surroundings, configuration.firstUser)
        surroundings.walls = slot.walls
        for language in configuration.languages {
            guard let toolChain = try probe(language, in: slot) else {
                surroundings.missing[language] = ToolChain.toolName(language)
                continue
            }
            if library == nil, Interpreter.of(language) != nil {
                surroundings.missing[language] = "gcc, which compiles the library of its warm interpreter"
                continue
            }
            surroundings.toolChains[language] = toolChain
        }
        for language in configuration.languages {
            guard let toolChain = surroundings.toolChains[language], toolChain.isCompiled else { continue }
            let prepared = PreparedTools.prepare(toolChain, configuration)
            surroundings.toolChains[language] = prepared?.toolChain
            if prepared == nil {
                surroundings.missing[language] = "a directory of the cache in which its tools can be prepared"
            }
            if let bind = prepared?.bind { surroundings.binds.append(bind) }
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

    /// - Returns: nil when the tool is not there; a slot that is lost meanwhile says nothing about that, and throws.
    private static func probe(_ language: Language, in slot: SlotProcess) throws(SandboxError) -> ToolChain? {
        let command = ToolChain.versionCommand(language)
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
        let outcome = try slot.run(run)
        guard outcome.hasSucceeded else { return nil }
        let text = String(decoding: outcome.output + outcome.errors, as: UTF8.self)
        return ToolChain(
            language: language,
            version: ToolChain.shortVersion(language, text)
        )
    }
}

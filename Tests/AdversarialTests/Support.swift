import Foundation
import Programs
import SandboxRunner

/// Users that no other pool on the machine has.
let firstUser = 63000

/// A product beside the test bundle.
func product(_ name: String) -> String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    for path in [own] + CommandLine.arguments {
        var directory = URL(fileURLWithPath: path).deletingLastPathComponent()
        for _ in 0..<3 {
            let candidate = directory.appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            directory.deleteLastPathComponent()
        }
    }
    return name
}

/// A pool that remembers no verdict and judges every language it finds.
func makePool(slots: Int, firstUser: Int, languages: [Language] = Language.allCases) async throws -> SandboxPool {
    var configuration = SandboxConfiguration()
    configuration.slots = slots
    configuration.firstUser = firstUser
    configuration.helperPath = product("ppocoder-slot")
    configuration.languages = languages
    configuration.verdictCacheEntries = 0
    return try await SandboxPool(configuration: configuration)
}

/// Hands out the elements of an array, one at a time, to whoever asks.
actor Queue<Element: Sendable> {
    private var rest: ArraySlice<Element>

    init(_ elements: [Element]) { rest = elements[...] }

    func next() -> Element? { rest.popFirst() }
}

/// Runs a command to its end and returns its status and what it printed.
func output(of arguments: [String], input: String = "", environment: [String: String]? = nil) throws -> (
    status: Int32, output: String, errors: String
) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: arguments[0])
    process.arguments = Array(arguments.dropFirst())
    if let environment { process.environment = environment }
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
    try process.run()
    // All that is written here fits into a pipe.
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    let errors = stderr.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self), String(decoding: errors, as: UTF8.self))
}

import Foundation
import Synchronization
import Testing

/// A command that runs while a test looks at it.
final class LiveProcess: Sendable {
    private let process = Process()
    private let said = Mutex("")
    private let more = DispatchSemaphore(value: 0)
    private let name: String

    /// Starts `program`, which lies beside `ppocoder`, or has a path, in the package's root or in `folder`.
    init(
        _ program: String,
        _ arguments: [String],
        in folder: URL = CommandRun.root,
        environment: [String: String] = [:]
    )
        throws
    {
        name = program
        let programs = try CommandRun.executable().deletingLastPathComponent()
        process.executableURL = program.hasPrefix("/") ? URL(filePath: program) : programs.appending(path: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = pipe
        try process.run()
        Thread.detachNewThread { [self] in
            while true {
                let data = pipe.fileHandleForReading.availableData
                said.withLock { $0 += data.isEmpty ? "\n(it has ended)\n" : String(decoding: data, as: UTF8.self) }
                more.signal()
                if data.isEmpty { return }
            }
        }
    }

    /// Waits until a line that `pattern` matches was said, and returns the match.
    func match<Output>(_ pattern: some RegexComponent<Output>) throws -> Output {
        while true {
            let text = said.withLock { $0 }
            if let match = text.firstMatch(of: pattern) { return match.output }
            if text.hasSuffix("(it has ended)\n") || more.wait(timeout: .now() + 120) == .timedOut {
                throw Silent(description: "\(name) did not say what was expected: \(text.suffix(4000))")
            }
        }
    }

    /// Waits until it has ended; nobody may stop it meanwhile.
    ///
    /// - Returns: its exit code, and everything that it said.
    func end() throws -> (code: Int32, text: String) {
        _ = try match(/\(it has ended\)\n/)
        process.waitUntilExit()
        return (process.terminationStatus, said.withLock { $0 })
    }

    /// Ends it at once, without a word.
    func kill() {
        _ = Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    struct Silent: Error, CustomStringConvertible { var description: String }

    /// Asks it to stop, when it has not ended, and waits until it has.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }
}

/// What a server on this machine answers.
func fetched(_ address: some StringProtocol, _ path: String) throws -> String {
    try String(contentsOf: #require(URL(string: "http://\(address)\(path)")), encoding: .utf8)
}

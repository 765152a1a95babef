import Foundation
import Synchronization

/// A process that a bench started: what it costs, and what it says on stderr.
final class BenchProcess: Sendable {
    private let process: Process
    private let text = Mutex("")
    let pid: Int32

    /// Starts the executable called `program` beside this one.
    init(_ program: String, _ arguments: [String]) throws {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let process = Process()
        process.executableURL = URL(filePath: own).deletingLastPathComponent().appending(path: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = pipe
        try process.run()
        self.process = process
        pid = process.processIdentifier
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
            } else {
                // Only the end is of interest.
                self?.text.withLock { $0 = String(($0 + String(decoding: data, as: UTF8.self)).suffix(65_536)) }
            }
        }
    }

    var isRunning: Bool { process.isRunning }
    /// Exit code, or 128 + signal, once it has ended.
    var status: Int32 {
        process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
    }

    /// The end of what it has said.
    var said: String { text.withLock { $0 } }

    /// Processor time so far, seconds.
    var cpuSeconds: Double {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return 0 }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Memory held, bytes.
    var residentBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    func send(_ signal: Int32) { kill(pid, signal) }

    /// Ends it and waits.
    func stop(_ signal: Int32 = SIGTERM) async {
        kill(pid, signal)
        for _ in 0..<500 where process.isRunning { try? await Task.sleep(for: .milliseconds(10)) }
        if process.isRunning { kill(pid, SIGKILL) }
    }

    /// Waits until its newest words satisfy `condition`.
    ///
    /// - Throws: ``BenchError`` when they do not within `seconds`.
    func wait(for what: String, seconds: Double = 60, _ condition: (String) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !condition(said) {
            guard ContinuousClock.now < deadline, process.isRunning else {
                throw BenchError(
                    text: "process \(pid) did not come to \(what) within \(seconds) s; it said: \(said.suffix(500))"
                )
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// A bench that could not be carried out.
struct BenchError: Error, CustomStringConvertible {
    var text: String

    var description: String { text }
}

/// A dispatcher in a process of its own, for a bench.
final class BenchDispatcher: Sendable {
    let process: BenchProcess
    let programs: String
    let executors: String

    /// Starts one that listens at `base`, a folder for ipc sockets or `tcp://HOST:PORT` for two ports.
    init(base: String, more: [String] = []) throws {
        if base.hasPrefix("tcp://"), let colon = base.lastIndex(of: ":"),
            let port = Int(base[base.index(after: colon)...])
        {
            programs = base
            executors = base[...colon] + "\(port + 1)"
        } else {
            programs = "ipc://\(base)/programs"
            executors = "ipc://\(base)/executors"
        }
        process = try BenchProcess(
            "ppocoder-sandbox",
            ["dispatch", "--programs", programs, "--executors", executors, "--no-probes", "--status", "0.1"]
                + (base.hasPrefix("tcp://") ? ["--insecure"] : []) + more
        )
    }

    /// Waits until it has so many slots.
    func wait(slots: Int, seconds: Double = 60) async throws {
        try await process.wait(for: "\(slots) slots", seconds: seconds) { said in
            said.range(of: " \(slots) slots", options: .backwards) != nil
        }
    }
}

/// A folder for sockets, with a path short enough for them.
func benchSocketFolder() throws -> URL {
    var template = Array("/tmp/ppocoder-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw BenchError(text: "no folder could be made in /tmp") }
    return URL(filePath: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
}

import Foundation
import Learner
import Synchronization
import Telemetry
import Transport

/// Starts the processes of a run, restarts one that dies, and stops all of them at the end.
final class Supervisor: Sendable {
    private let configuration: RunConfiguration
    private let directory: RunDirectory
    private let children = Mutex<[Int32: String]>([:])
    private let isStopping = Mutex(false)

    init(configuration: RunConfiguration, directory: RunDirectory) {
        self.configuration = configuration
        self.directory = directory
    }

    /// Runs until the learner is done.
    func run(warmStart: Bool, resume: Bool) async throws {
        let lifetime = ProcessLifetime(watchParent: false) { [self] reason in interrupted(reason) }
        let impatience = SecondSignal { [self] in
            // Whoever asks twice wants it now; nothing durable is harmed.
            for pid in children.withLock({ Array($0.keys) }) { kill(pid, SIGKILL) }
            _exit(130)
        }
        defer { withExtendedLifetime((lifetime, impatience)) {} }
        if warmStart {
            try await once(
                "warm start",
                "ppocoder",
                [
                    "sft", "--config", directory.configuration.path, "--set", "model.path=", "--output",
                    directory.warmStart.path,
                ]
            )
        }
        let sockets = try socketFolder()
        let base = configuration.cluster.endpoint.isEmpty ? sockets.path : configuration.cluster.endpoint
        let endpoints = try LearnerEndpoints(base: base)
        defer { try? FileManager.default.removeItem(at: sockets) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { [self] in
                try await keep("learner", "ppocoder-learner") { attempt in
                    ["--directory", directory.url.path, "--endpoint", base]
                        + (resume || attempt > 0 ? ["--resume"] : [])
                }
                return true
            }
            // With a dispatcher of its own, the executors are those that it has.
            for i in 0..<(configuration.cluster.dispatcher.isEmpty ? configuration.cluster.executors : 0) {
                group.addTask { [self] in
                    try await keep("executor \(i + 1)", "ppocoder-sandbox") { _ in
                        [
                            "execute", "--dispatcher", endpoints.executors, "--name", "executor-\(i + 1)", "--slots",
                            "\(configuration.sandbox.slots)",
                        ]
                    }
                    return false
                }
            }
            for i in 0..<configuration.cluster.rolloutWorkers {
                group.addTask { [self] in
                    try await keep("rollout worker \(i + 1)", "ppocoder-rollout") { _ in
                        ["--learner", endpoints.control, "--name", "rollout-\(i + 1)"]
                    }
                    return false
                }
            }
            defer { stopAll() }
            while let isLearner = try await group.next() {
                if isLearner { break }
            }
            stopAll()
        }
    }

    /// Starts `program` again and again until it ends with 0, or everything is being stopped.
    private func keep(
        _ name: String,
        _ program: String,
        arguments: @Sendable (Int) -> [String]
    ) async throws {
        var failures = 0
        for attempt in 0... {
            let begun = ContinuousClock.now
            let status = try await launch(name, program, arguments(attempt))
            if isStopping.withLock({ $0 }) { return }
            if status == 0 {
                if name == "learner" { return }
                // The run is over, which stops this, or somebody else stopped it, and it is still needed.
                try await Task.sleep(for: .seconds(1))
                if isStopping.withLock({ $0 }) { return }
                writeNotice("\(name) ended; starting it again")
                continue
            }
            if status == 2 { throw SupervisorError.badInput(process: name) }
            failures = ContinuousClock.now - begun > .seconds(60) ? 1 : failures + 1
            guard failures <= configuration.cluster.restarts else {
                throw SupervisorError.keepsFailing(process: name, status: status)
            }
            let pause = min(5, 0.2 * Double(1 << min(failures, 5)))
            writeNotice("\(name) ended (\(Self.explain(status))); starting it again in \(pause) s")
            try await Task.sleep(for: .seconds(pause))
        }
    }

    private func once(_ name: String, _ program: String, _ arguments: [String]) async throws {
        let status = try await launch(name, program, arguments)
        // Interrupted: the signal's own thread ends this process as soon as every child has.
        if isStopping.withLock({ $0 }) { try await Task.sleep(for: .seconds(10)) }
        guard status == 0 else {
            throw status == 2 ? SupervisorError.badInput(process: name) : .keepsFailing(process: name, status: status)
        }
    }

    /// - Returns: exit code, or 128 + signal.
    private func launch(_ name: String, _ program: String, _ arguments: [String]) async throws -> Int32 {
        let process = Process()
        process.executableURL = Self.executable(program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        // A child that is slow to start still knows whose it is, should this process be gone by then.
        var environment = ProcessInfo.processInfo.environment
        environment[ProcessLifetime.parentVariable] = "\(getpid())"
        process.environment = environment
        let (ends, continuation) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in continuation.finish() }
        do {
            try process.run()
        } catch {
            throw SupervisorError.cannotStart(program: program, reason: error.localizedDescription)
        }
        let pid = process.processIdentifier
        children.withLock { $0[pid] = name }
        writeNotice("started \(name) (process \(pid))")
        if isStopping.withLock({ $0 }) { kill(pid, SIGTERM) }
        // Not left when this task is cancelled: a child must be reaped before the front end ends.
        let waiter = Task.detached { for await _ in ends {} }
        await waiter.value
        children.withLock { $0[pid] = nil }
        return process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus : process.terminationStatus
    }

    /// Asks every child to end, and ends those that do not within three seconds.
    private func stopAll() {
        isStopping.withLock { $0 = true }
        for pid in children.withLock({ Array($0.keys) }) { kill(pid, SIGTERM) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(3)) { [self] in
            for pid in children.withLock({ Array($0.keys) }) { kill(pid, SIGKILL) }
        }
    }

    private func interrupted(_ reason: ProcessLifetime.Reason) {
        writeNotice("\nstopping; continue with: ppocoder train --resume \(directory.url.path)")
        stopAll()
        let deadline = ContinuousClock.now + .milliseconds(4500)
        while !children.withLock({ $0.isEmpty }), ContinuousClock.now < deadline { usleep(20_000) }
        _exit(130)
    }

    /// A private folder for ipc sockets, with a path short enough for them.
    private func socketFolder() throws -> URL {
        var template = Array("/tmp/ppocoder-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw SupervisorError.cannotStart(program: "sockets", reason: "no folder could be made in /tmp")
        }
        return URL(filePath: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// The executable beside this one.
    private static func executable(_ name: String) -> URL {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(filePath: own).deletingLastPathComponent().appending(path: name)
    }

    private static func explain(_ status: Int32) -> String {
        status > 128 ? "signal \(status - 128)" : "exit code \(status)"
    }
}

/// Why the front end gave up.
enum SupervisorError: Error, CustomStringConvertible {
    case badInput(process: String)
    case keepsFailing(process: String, status: Int32)
    case cannotStart(program: String, reason: String)

    var description: String {
        switch self {
        case .badInput(let process): "\(process) refused its input (see above)"
        case .keepsFailing(let process, let status): "\(process) keeps failing (exit code \(status), see above)"
        case .cannotStart(let program, let reason): "\(program) cannot be started: \(reason)"
        }
    }
}

/// Calls back at the second SIGINT or SIGTERM, as long as it lives.
private final class SecondSignal: Sendable {
    // SAFETY: made once and never changed; dispatch sources are thread-safe.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    init(_ handler: @escaping @Sendable () -> Void) {
        let count = Mutex(0)
        // A queue of its own: that of the first signal is busy with the orderly end.
        let queue = DispatchQueue(label: "second signal")
        unsafe sources = [SIGINT, SIGTERM].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                let isSecond = count.withLock { count in
                    count += 1
                    return count == 2
                }
                if isSecond { handler() }
            }
            source.resume()
            return source
        }
    }
}

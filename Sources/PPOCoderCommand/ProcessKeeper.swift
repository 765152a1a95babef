import Foundation
import Synchronization
import Telemetry
import Transport

/// Starts processes, starts one that dies again, and stops all of them at the end.
final class ProcessKeeper: Sendable {
    /// What is started.
    struct Command: Sendable, Equatable {
        var executable: URL
        var arguments: [String]
        /// File that takes what the process says; nil: it goes where ours goes.
        var log: URL?
        /// It runs on another host by ssh: it hears something every second, and 255 means that the host was not reached.
        var isRemote = false

        /// The program of ours called `name`, beside this one.
        static func own(_ name: String, _ arguments: [String]) -> Command {
            let own =
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
                ?? CommandLine.arguments[0]
            let url = URL(filePath: own).deletingLastPathComponent().appending(path: name)
            return Command(executable: url, arguments: arguments)
        }
    }

    private let children = Mutex<[Int32: String]>([:])
    private let isStopping = Mutex(false)
    /// A signal asked for the end of this process.
    private let isInterrupted = Mutex(false)

    var isIdle: Bool { children.withLock { $0.isEmpty } }

    /// Starts a process again and again until it ends with 0, or everything is being stopped.
    ///
    /// - Parameters:
    ///   - name: for people.
    ///   - patience: failures in a row before it is given up.
    ///   - isEndless: also one that ends with 0 is still needed.
    ///   - command: what to start at the n-th attempt, from 0.
    /// - Throws: ``SupervisorError`` when it fails too often, or refuses its input.
    func keep(
        _ name: String,
        patience: Int,
        isEndless: Bool = false,
        _ command: @Sendable (Int) -> Command
    ) async throws {
        var failures = 0
        for attempt in 0... {
            let begun = ContinuousClock.now
            let status = try await launch(name, command(attempt))
            if isStopping.withLock({ $0 }) { return try await leaveToSignal() }
            if status == 0 {
                if !isEndless { return }
                // The run is over, which stops this, or somebody else stopped it, and it is still needed.
                try await Task.sleep(for: .seconds(1))
                if isStopping.withLock({ $0 }) { return }
                writeNotice("\(name) ended; starting it again")
                continue
            }
            if status == 2 { throw SupervisorError.badInput(process: name) }
            failures = ContinuousClock.now - begun > .seconds(60) ? 1 : failures + 1
            guard failures <= patience else { throw SupervisorError.keepsFailing(process: name, status: status) }
            let pause = min(5, 0.2 * Double(1 << min(failures, 5)))
            let reason =
                status == Self.unreached && command(attempt).isRemote
                ? "ssh could not connect, or the connection was lost" : Self.explain(status)
            writeNotice("\(name) ended (\(reason)); starting it again in \(pause) s")
            try await Task.sleep(for: .seconds(pause))
        }
    }

    /// Runs a process once.
    ///
    /// - Throws: ``SupervisorError`` unless it ends with 0.
    func once(_ name: String, _ command: Command) async throws {
        let status = try await launch(name, command)
        try await leaveToSignal()
        guard status == 0 else {
            throw status == 2 ? SupervisorError.badInput(process: name) : .keepsFailing(process: name, status: status)
        }
    }

    /// Waits while a signal's own thread ends this process: whoever returned now would end it with 0.
    private func leaveToSignal() async throws {
        if isInterrupted.withLock({ $0 }) { try await Task.sleep(for: .seconds(10)) }
    }

    /// Runs a process once, without a word.
    ///
    /// - Returns: exit code, or 128 + signal.
    func run(_ command: Command) async throws -> Int32 { try await launch(nil, command) }

    /// Says something every second, as long as somebody listens.
    private static func beat(_ pipe: Pipe) -> Task<Void, Never> {
        Task {
            let byte = Data([10])
            while (try? pipe.fileHandleForWriting.write(contentsOf: byte)) != nil,
                (try? await Task.sleep(for: .seconds(LaunchAttend.beatSeconds))) != nil
            {}
        }
    }

    /// - Returns: exit code, or 128 + signal.
    private func launch(_ name: String?, _ command: Command) async throws -> Int32 {
        let process = Process()
        process.executableURL = command.executable
        process.arguments = command.arguments
        let pipe = command.isRemote ? Pipe() : nil
        process.standardInput = pipe ?? FileHandle.nullDevice
        // A process that crashes is to be gone, and started again, not to be looked at for minutes.
        var environment = ["SWIFT_BACKTRACE": "enable=no"].merging(ProcessInfo.processInfo.environment) { $1 }
        // A child that is slow to start still knows whose it is, should this process be gone by then.
        environment[ProcessLifetime.parentVariable] = "\(getpid())"
        process.environment = environment
        if let log = command.log, let file = Self.appending(to: log) {
            process.standardOutput = file
            process.standardError = file
        }
        let (ends, continuation) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in continuation.finish() }
        do {
            try process.run()
        } catch {
            throw SupervisorError.cannotStart(
                program: command.executable.lastPathComponent,
                reason: error.localizedDescription
            )
        }
        let pid = process.processIdentifier
        children.withLock { $0[pid] = name ?? "" }
        if let name { writeNotice("started \(name) (process \(pid))") }
        let beating = pipe.map(Self.beat)
        defer { beating?.cancel() }
        if isStopping.withLock({ $0 }) { kill(pid, SIGTERM) }
        defer { children.withLock { $0[pid] = nil } }
        if let status = await Self.end(of: pid) { return status }
        // Not left when this task is cancelled: a child must be reaped before the front end ends.
        let waiter = Task.detached { for await _ in ends {} }
        await waiter.value
        return process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus : process.terminationStatus
    }

    /// Waits for the end of a child, and leaves it to Foundation to reap.
    ///
    /// Foundation takes a child for ended that closes a descriptor it has inherited, as ssh does with all of them, and then waits
    /// for that one before it looks at any other: the end of the learner would be noticed when a dispatcher ends.
    ///
    /// - Returns: exit code, or 128 + signal; nil when Foundation was first.
    private static func end(of pid: Int32) async -> Int32? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var info = unsafe siginfo_t()
                while unsafe waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 {
                    guard errno == EINTR else { return continuation.resume(returning: nil) }
                }
                let status = unsafe info._sifields._sigchld.si_status
                continuation.resume(returning: unsafe info.si_code == Int32(CLD_EXITED) ? status : 128 + status)
            }
        }
    }

    private static func appending(to log: URL) -> FileHandle? {
        if !FileManager.default.fileExists(atPath: log.path) {
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        }
        let file = FileHandle(forWritingAtPath: log.path)
        _ = try? file?.seekToEnd()
        return file
    }

    /// Asks every child to end, and ends those that do not within three seconds.
    func stopAll() {
        isStopping.withLock { $0 = true }
        for pid in children.withLock({ Array($0.keys) }) { kill(pid, SIGTERM) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(3)) { [self] in
            for pid in children.withLock({ Array($0.keys) }) { kill(pid, SIGKILL) }
        }
    }

    /// Stops everything, waits for it, and ends this process with 130: what a signal asks for.
    func stopAllAndExit() -> Never {
        isInterrupted.withLock { $0 = true }
        stopAll()
        let deadline = ContinuousClock.now + .milliseconds(4500)
        while !isIdle, ContinuousClock.now < deadline { usleep(20_000) }
        _exit(130)
    }

    /// Kills everything and ends this process.
    func killAllAndExit() -> Never {
        for pid in children.withLock({ Array($0.keys) }) { kill(pid, SIGKILL) }
        _exit(130)
    }

    /// What ssh ends with when it does not reach the host, or loses it.
    static let unreached: Int32 = 255

    private static func explain(_ status: Int32) -> String {
        (129...192).contains(status) ? "signal \(status - 128)" : "exit code \(status)"
    }
}

/// Why the front end gave up.
enum SupervisorError: Error, CustomStringConvertible {
    case badInput(process: String)
    case keepsFailing(process: String, status: Int32)
    case cannotStart(program: String, reason: String)
    case unreached(host: String)

    var description: String {
        switch self {
        case .badInput(let process): "\(process) refused its input (see above)"
        case .keepsFailing(let process, let status): "\(process) keeps failing (exit code \(status), see above)"
        case .unreached(let host): "\(host): ssh could not connect, or lost the connection (see above)"
        case .cannotStart(let program, let reason): "\(program) cannot be started: \(reason)"
        }
    }
}

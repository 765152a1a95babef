import Foundation
import Learner
import Synchronization
import Telemetry
import Transport

/// Starts the processes of a run, restarts one that dies, and stops all of them at the end.
final class Supervisor: Sendable {
    private let configuration: RunConfiguration
    private let directory: RunDirectory
    private let keeper = ProcessKeeper()

    init(configuration: RunConfiguration, directory: RunDirectory) {
        self.configuration = configuration
        self.directory = directory
    }

    /// Runs until the learner is done.
    ///
    /// - Parameters:
    ///   - warmStart: make the model first.
    ///   - resume: continue from the newest checkpoint.
    ///   - attached: end when the process that started this one ends.
    /// - Throws: ``SupervisorError`` when a process fails too often, or refuses its input.
    func run(warmStart: Bool, resume: Bool, attached: Bool = false) async throws {
        let lifetime = ProcessLifetime(watchParent: attached) { [self] _ in
            writeNotice("\nstopping; continue with: ppocoder train --resume \(directory.url.path)")
            keeper.stopAllAndExit()
        }
        // Whoever asks twice wants it now; nothing durable is harmed.
        let impatience = SecondSignal { [keeper] in keeper.killAllAndExit() }
        defer { withExtendedLifetime((lifetime, impatience)) {} }
        if warmStart {
            try await keeper.once(
                "warm start",
                .own(
                    "ppocoder",
                    [
                        "sft", "--config", directory.configuration.path, "--set", "model.path=", "--output",
                        directory.warmStart.path,
                    ]
                )
            )
        }
        let sockets = try socketFolder()
        defer { try? FileManager.default.removeItem(at: sockets) }
        let base = configuration.cluster.endpoint.isEmpty ? sockets.path : configuration.cluster.endpoint
        try await runProcesses(base: base, endpoints: LearnerEndpoints(base: base), resume: resume)
    }

    private func runProcesses(base: String, endpoints: LearnerEndpoints, resume: Bool) async throws {
        let security = securityFlags
        let patience = configuration.cluster.restarts
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { [self] in
                try await keeper.keep("learner", patience: patience) { attempt in
                    .own(
                        "ppocoder-learner",
                        ["--directory", directory.url.path, "--endpoint", base]
                            + (resume || attempt > 0 ? ["--resume"] : [])
                    )
                }
                return true
            }
            // With a dispatcher of its own, the executors are those that it has.
            for i in 0..<(configuration.cluster.dispatcher.isEmbedded ? configuration.cluster.executors : 0) {
                group.addTask { [self] in
                    let arguments =
                        [
                            "execute", "--dispatcher", endpoints.executors, "--name", "executor-\(i + 1)", "--slots",
                            "\(configuration.sandbox.slots)",
                        ] + security
                    try await keeper.keep("executor \(i + 1)", patience: patience, isEndless: true) { _ in
                        .own("ppocoder-sandbox", arguments)
                    }
                    return false
                }
            }
            for i in 0..<configuration.cluster.rolloutWorkers {
                group.addTask { [self] in
                    let arguments = ["--learner", endpoints.control, "--name", "rollout-\(i + 1)"] + security
                    try await keeper.keep("rollout worker \(i + 1)", patience: patience, isEndless: true) { _ in
                        .own("ppocoder-rollout", arguments)
                    }
                    return false
                }
            }
            defer { keeper.stopAll() }
            while let isLearner = try await group.next() {
                if isLearner { break }
            }
            keeper.stopAll()
        }
    }

    /// What workers and executors of this machine need to connect over TCP.
    private var securityFlags: [String] {
        (configuration.cluster.keys.isEmpty ? [] : ["--keys", configuration.cluster.keys])
            + (configuration.cluster.insecure ? ["--insecure"] : [])
    }

    /// A private folder for ipc sockets, with a path short enough for them.
    private func socketFolder() throws -> URL {
        var template = Array("/tmp/ppocoder-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw SupervisorError.cannotStart(program: "sockets", reason: "no folder could be made in /tmp")
        }
        return URL(filePath: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
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

package import ArgumentParser
internal import Dispatching
internal import Foundation
internal import Monitoring
internal import Programs
internal import Transport

/// `ppocoder-sandbox`: runs programs for a dispatcher.
package struct SandboxCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ppocoder-sandbox",
        abstract: "Compiles and runs untrusted programs in a sandbox.",
        subcommands: [ExecuteCommand.self, DispatchCommand.self, CheckCommand.self]
    )

    package init() {}
}

/// `ppocoder-sandbox execute`: one executor process.
package struct ExecuteCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "execute",
        abstract: "Takes programs from a dispatcher and judges them until told to stop.",
        discussion: """
            Before it takes programs, and again at SIGUSR1, it judges a right and a wrong program of each language, and \
            withdraws a language whose verdicts are not as they must be. At SIGTERM it finishes what it runs, hands back \
            the rest, and ends.
            """
    )

    @Option(
        name: [.customLong("dispatcher"), .customLong("connect")],
        help: ArgumentHelp(
            "The dispatcher's endpoint for executors: ipc://PATH or tcp://HOST:PORT.",
            valueName: "endpoint"
        )
    )
    var dispatcher: String

    @Option(help: ArgumentHelp("Folder of keys for role executor; TCP needs them.", valueName: "folder"))
    var keys: String = ""

    @Flag(help: "TCP without keys, on the loopback interface.")
    var insecure = false

    @Option(help: "Programs judged at once; 0 is one per core.")
    var slots = 0

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Languages to judge; all whose tools are there if none is given.", valueName: "language")
    )
    var languages: [String] = []

    @Option(help: "Name shown to people; the process id if none is given.")
    var name: String = ""

    @Flag(help: "Run programs even where the walls are below the minimum of docs/sandbox.md.")
    var acceptWeakWalls = false

    @Option(help: "How long it may take to finish what runs when told to stop, seconds.")
    var drain = 10.0

    @Option(help: ArgumentHelp("Serve /metrics and /healthz at PORT or HOST:PORT.", valueName: "address"))
    var metrics: String?

    @Flag(help: "Go on when the process that started the executor ends.")
    var detached = false

    package init() {}

    package func validate() throws {
        guard slots >= 0 else { throw ValidationError("--slots is \(slots), expected 0 (one per core) or more") }
        for name in languages where Language(name: name) == nil {
            let known = Language.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--languages has \(name), expected some of \(known)")
        }
        guard drain > 0 else { throw ValidationError("--drain is \(drain), expected more than 0 seconds") }
    }

    package func run() async throws {
        let (drain, detached) = (drain, detached)
        if let complaint = descriptorComplaint(needed: 64) {
            report("executor: \(complaint)")
            _exit(2)
        }
        let stopping = AsyncStream<Void>.makeStream()
        let lifetime = ProcessLifetime(watchParent: !detached) { reason in
            // A slot dies with this process, so an abrupt end leaves nothing behind either.
            if reason == .parentGone { _exit(130) }
            stopping.continuation.yield()
            DispatchQueue.global().asyncAfter(deadline: .now() + drain + 1) { _exit(130) }
            if !detached { endWithParent(getppid()) }
        }
        defer { withExtendedLifetime(lifetime) {} }
        do {
            let say: @Sendable (String) -> Void = { report("executor: \($0)") }
            let security = try TransportSecurity(keys: keys, insecure: insecure, roles: [.executor], report: say)
            var configuration = SandboxConfiguration()
            if slots > 0 { configuration.slots = slots }
            configuration.acceptsWeakWalls = acceptWeakWalls
            if !languages.isEmpty { configuration.languages = languages.compactMap(Language.init(name:)) }
            let pool = try await SandboxPool(configuration: configuration)
            let changes = AsyncStream<[String: String]>.makeStream()
            // The first language is known now, the others as soon as they have been tried: work need not wait for them.
            var toolChains: [String: String] = [:]
            var untried = await pool.toolChains.keys.sorted {
                $1 != .python && ($0 == .python || $0.rawValue < $1.rawValue)
            }
            while toolChains.isEmpty, !untried.isEmpty {
                toolChains = await trustedToolChains(of: pool, [untried.removeFirst()])
            }
            let transport = try ZeroMQTransport(security: security, report: say)
            // Its channels live as long as it does.
            defer { withExtendedLifetime(transport) {} }
            let channel = try await transport.client(connecting: dispatcher, options: .executors)
            var options = ExecutorOptions()
            options.name = name.isEmpty ? "executor-\(getpid())" : name
            options.drainSeconds = drain
            let counting = try ExecutorHealth(name: options.name, slots: configuration.slots, metrics: metrics)
            defer { withExtendedLifetime(counting) {} }
            options.onClock = { [weak counting] in counting?.publish(clock: $0) }
            let request = SelfTestRequest {
                Task {
                    changes.continuation.yield(await trustedToolChains(of: pool, Array(pool.toolChains.keys)))
                }
            }
            let trying = Task { [untried, toolChains] in
                var known = toolChains
                for language in untried where !Task.isCancelled {
                    known.merge(await trustedToolChains(of: pool, [language])) { _, new in new }
                    changes.continuation.yield(known)
                }
            }
            defer { trying.cancel() }
            defer { withExtendedLifetime(request) {} }
            let work = Task { [options, configuration, counting] in
                try await runExecutor(
                    channel: channel,
                    slots: configuration.slots,
                    toolChains: toolChains,
                    options: options,
                    changes: changes.stream
                ) { job in await counting.judge(job) { await pool.judge($0) } }
            }
            let stop = Task {
                for await _ in stopping.stream { work.cancel() }
            }
            defer { stop.cancel() }
            let outcome = await work.result
            await pool.shutdown()
            if case .failure(let error) = outcome, !(error is CancellationError) { throw error }
        } catch {
            report("executor: \(error)")
            _exit(error is KeyError ? 2 : 1)
        }
        _exit(0)
    }
}

/// `ppocoder-sandbox check`: the self-test alone.
package struct CheckCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Judges a right and a wrong program of each language; exit code 1 when a verdict is wrong."
    )

    package init() {}

    package func run() async throws {
        var configuration = SandboxConfiguration()
        configuration.slots = 1
        let pool = try await SandboxPool(configuration: configuration)
        let claimed = await pool.toolChains
        let complaints = await pool.selfTest()
        await pool.shutdown()
        for (language, version) in claimed.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            print("\(language.rawValue): \(complaints[language] ?? "\(version); judges right and wrong programs")")
        }
        if !complaints.isEmpty { throw ExitCode(1) }
    }
}

/// Those of the languages whose verdicts are as they must be, with their versions; says which are not.
private func trustedToolChains(of pool: SandboxPool, _ languages: [Language]) async -> [String: String] {
    let complaints = await pool.selfTest(languages)
    for (language, complaint) in complaints.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        report("executor: \(language.rawValue) is withdrawn: \(complaint)")
    }
    let trusted = await pool.toolChains.filter { languages.contains($0.key) && complaints[$0.key] == nil }
    return Dictionary(uniqueKeysWithValues: trusted.map { ($0.key.rawValue, $0.value) })
}

/// Calls back at SIGUSR1, as long as it lives.
private final class SelfTestRequest: Sendable {
    // SAFETY: made once and never changed; dispatch sources are thread-safe.
    nonisolated(unsafe) private let source: any DispatchSourceSignal

    init(_ handler: @escaping @Sendable () -> Void) {
        signal(SIGUSR1, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
        source.setEventHandler(handler: handler)
        source.resume()
        unsafe self.source = source
    }
}

/// Ends this process, which is finishing its work, when `parent` is gone: nobody would wait for it any more.
private func endWithParent(_ parent: pid_t) {
    if getppid() != parent { _exit(130) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { endWithParent(parent) }
}

func report(_ text: String) {
    // People's output: when nobody can read it any more, work goes on.
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
}

/// The entry point of the executable.
package func runSandboxCommand() async { await SandboxCommand.main() }

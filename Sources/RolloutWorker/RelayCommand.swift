internal import ArgumentParser
internal import Dispatching
internal import Foundation
internal import Monitoring
internal import Telemetry
internal import Transport

/// `ppocoder-rollout relay`: one copy of the weights for the workers of a host, and for other hosts.
struct RelayCommand: AsyncParsableCommand {
    static let word = "relay"

    /// What the sockets of relays that `ppocoder launch` starts begin with: those of runs before may have been killed.
    private static let launched = "ipc:///tmp/ppocoder-relay-"

    static let configuration = CommandConfiguration(
        commandName: "ppocoder-rollout relay",
        abstract: "Hands weights on to the workers of a host, and to other hosts: the learner sends them once.",
        discussion: """
            Workers name it with --weights-from, and so do other relays: relays can be put in a row or a tree. Every chunk is \
            fetched when somebody asks for it, once, and the three versions used last are kept. It cannot change weights: workers \
            check them against the learner's manifest. When it is gone, or the relay that it asks is, the learner is asked. It \
            knows no run, and serves the next one too; Ctrl-C or SIGTERM end it.
            """
    )

    @Option(
        name: [.customLong("learner"), .customLong("connect")],
        help: ArgumentHelp(
            "The learner's endpoint for weights: tcp://HOST:PORT, its first port and 1.",
            valueName: "endpoint"
        )
    )
    var learner: String

    @Option(
        help: ArgumentHelp(
            "Where workers and relays connect: tcp://ADDRESS:PORT, ipc://PATH for those of this host; may be repeated.",
            valueName: "endpoint"
        )
    )
    var listen: [String]

    @Option(
        help: ArgumentHelp("Fetch weights from the relay there instead of from the learner.", valueName: "endpoint")
    )
    var weightsFrom: String = ""

    @Option(help: ArgumentHelp("Folder of keys for role relay; TCP needs them.", valueName: "folder"))
    var keys: String = ""

    @Flag(help: "TCP without keys, on the loopback interface.")
    var insecure = false

    @Option(help: "Name shown to people; the process id if none is given.")
    var name: String = ""

    @Option(help: ArgumentHelp("Serve /metrics and /healthz at PORT or HOST:PORT.", valueName: "address"))
    var metrics: String?

    @Flag(help: "Go on when the process that started the relay ends.")
    var detached = false

    func validate() throws {
        guard (1...8).contains(listen.count) else { throw ValidationError("--listen is given \(listen.count) times") }
        guard !listen.contains(weightsFrom) else {
            throw ValidationError("--weights-from \(weightsFrom) is where the relay listens itself")
        }
    }

    func run() async throws {
        let files = SocketFiles()
        let lifetime = ProcessLifetime(watchParent: !detached) { _ in
            files.removeAll()
            // Whoever is served by it turns to the learner.
            _exit(130)
        }
        defer { withExtendedLifetime(lifetime) {} }
        do {
            try await serve(files)
        } catch {
            files.removeAll()
            writeNotice("relay: \(error)")
            // What nobody but the user can put right is not worth another try.
            _exit(error is KeyError ? 2 : 1)
        }
    }

    private func serve(_ files: SocketFiles) async throws {
        let report: @Sendable (String) -> Void = { writeNotice("relay: \($0)") }
        let security = try TransportSecurity(keys: keys, insecure: insecure, roles: [.relay], report: report)
        let hangup = HangupSignal { security.keyRing?.reload() }
        defer { withExtendedLifetime(hangup) {} }
        let health = HealthService(role: "relay", name: name.isEmpty ? "relay-\(getpid())" : name)
        let answering = try health.begin(
            at: metrics,
            environment: ProcessInfo.processInfo.environment,
            report: report
        )
        defer { answering?.cancel() }
        let provider = try ZeroMQTransport(security: security, report: report)
        var listeners: [WeightRelay.Listener] = []
        for endpoint in listen {
            if endpoint.hasPrefix(Self.launched) { SocketFiles.sweep(prefix: Self.launched.dropFirst("ipc://".count)) }
            let channel = try await provider.server(binding: endpoint, options: .relay)
            files.opened(channel.endpoint)
            listeners.append(.init(channel))
            report("weights are to be had at \(channel.endpoint)")
        }
        let sources = try await WeightRoute(learner: learner, relay: weightsFrom).open(provider)
        let relay = WeightRelay(listeners: listeners, sources: sources, report: report)
        let counting = Task {
            while (try? await Task.sleep(for: .seconds(1))) != nil { health.update(await relay.counts.metrics) }
        }
        defer { counting.cancel() }
        report("they come from \(sources.map(\.name).joined(separator: ", or else from "))")
        try await relay.run()
    }
}

extension RelayCounts {
    /// What `/metrics` says.
    fileprivate var metrics: [String: Double] {
        [
            "relay/chunks_fetched": Double(fetched), "relay/bytes_fetched": Double(bytesFetched),
            "relay/chunks_served": Double(served), "relay/chunks_refused": Double(refused),
            "relay/detours": Double(detours),
        ]
    }
}

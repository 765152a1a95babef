package import ArgumentParser
internal import Dispatching
internal import Foundation
internal import Monitoring
internal import Telemetry
internal import Transport

/// `ppocoder-rollout`: samples programs from the policy.
package struct RolloutWorkerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ppocoder-rollout",
        abstract: "A rollout worker: samples programs for a learner. Started by `ppocoder train`, or by hand to help.",
        discussion:
            "`ppocoder-rollout relay` hands weights on to the workers of a host, and to other hosts: see its --help."
    )

    @Option(
        name: [.customLong("learner"), .customLong("connect")],
        help: ArgumentHelp("The learner's control endpoint: ipc://PATH or tcp://HOST:PORT.", valueName: "endpoint")
    )
    var learner: String

    @Option(help: ArgumentHelp("Folder of keys for role rollout; TCP needs them.", valueName: "folder"))
    var keys: String = ""

    @Flag(help: "TCP without keys, on the loopback interface.")
    var insecure = false

    @Option(
        help: ArgumentHelp(
            "Share one copy of the weights with the workers of this host that name the same socket: the first fetches them.",
            valueName: "ipc://PATH"
        )
    )
    var relay: String = ""

    @Option(
        help: ArgumentHelp("Fetch weights from the relay there instead of from the learner.", valueName: "endpoint")
    )
    var weightsFrom: String = ""

    @Option(help: "Name shown to people; the process id if none is given.")
    var name: String = ""

    @Option(help: ArgumentHelp("Serve /metrics and /healthz at PORT or HOST:PORT.", valueName: "address"))
    var metrics: String?

    @Flag(help: "Go on when the process that started the worker ends.")
    var detached = false

    package init() {}

    package func run() async throws {
        let files = SocketFiles()
        let lifetime = ProcessLifetime(watchParent: !detached) { _ in
            files.removeAll()
            // Leases lapse and are computed again elsewhere: there is nothing to save.
            _exit(130)
        }
        defer { withExtendedLifetime(lifetime) {} }
        do {
            let report: @Sendable (String) -> Void = { writeNotice("rollout worker: \($0)") }
            let security = try TransportSecurity(keys: keys, insecure: insecure, roles: [.rollout], report: report)
            if weightsFrom.hasPrefix("tcp://") { try security.keyRing?.requireRelay() }
            let name = name.isEmpty ? "rollout-\(getpid())" : name
            let health = HealthService(role: "rollout", name: name)
            let serving = try health.begin(
                at: metrics,
                environment: ProcessInfo.processInfo.environment,
                report: report
            )
            defer { serving?.cancel() }
            let service = RolloutWorkerService(
                provider: try ZeroMQTransport(security: security, report: report),
                endpoint: learner,
                name: name,
                verifier: try security.keyRing.map { try ManifestVerifier(folder: $0.folder) },
                // Nobody starts it again; and a learner comes when its warm start is done.
                patience: detached ? nil : .seconds(120),
                weights: WeightSource(relay: relay, upstream: weightsFrom, files: files),
                health: health,
                report: report
            )
            try await service.run()
        } catch {
            files.removeAll()
            writeNotice("rollout worker: \(error)")
            // What nobody but the user can put right is not worth another try.
            _exit(error is KeyError ? 2 : 1)
        }
        files.removeAll()
        _exit(0)
    }
}

/// The entry point of the executable.
package func runRolloutWorkerCommand() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.first == RelayCommand.word else { return await RolloutWorkerCommand.main(arguments) }
    await RelayCommand.main(Array(arguments.dropFirst()))
}

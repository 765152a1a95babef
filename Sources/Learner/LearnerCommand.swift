package import ArgumentParser
internal import Dispatching
internal import Foundation
internal import Telemetry
internal import Transport

/// `ppocoder-learner`: the one process that learns.
package struct LearnerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ppocoder-learner",
        abstract: "The learner of a run: leases shards, does PPO, hands out weights. Started by `ppocoder train`."
    )

    @Option(help: ArgumentHelp("Run directory with config.yaml.", valueName: "folder"))
    var directory: String

    @Option(
        name: [.customLong("endpoint"), .customLong("bind")],
        help: ArgumentHelp(
            "Folder for ipc sockets, or tcp://ADDRESS:PORT (five ports); an address may be the name of an interface.",
            valueName: "base"
        )
    )
    var endpoint: String

    @Option(help: ArgumentHelp("Folder of keys, instead of cluster.keys; TCP needs them.", valueName: "folder"))
    var keys: String?

    @Flag(help: "TCP without keys, on the loopback interface.")
    var insecure = false

    @Flag(help: "Continue from the newest valid checkpoint.")
    var resume = false

    @Flag(help: "Go on when the process that started the learner ends.")
    var detached = false

    package init() {}

    package func run() async throws {
        let lifetime = ProcessLifetime(watchParent: !detached) { reason in
            // Everything durable is written atomically, so there is nothing to save.
            if reason == .parentGone { writeNotice("learner: the process that started it is gone") }
            _exit(130)
        }
        defer { withExtendedLifetime(lifetime) {} }
        let run = RunDirectory(url: URL(filePath: directory))
        if let complaint = descriptorComplaint(needed: 256) {
            writeNotice("learner: \(complaint)")
            _exit(2)
        }
        do {
            var loader = try ConfigurationLoader()
            try loader.merge(yamlFile: run.configuration.path)
            let configuration = try loader.finish()
            let report: @Sendable (String) -> Void = { writeNotice("learner: \($0)") }
            let security = try TransportSecurity(
                keys: keys ?? configuration.cluster.keys,
                insecure: insecure || configuration.cluster.insecure,
                roles: [.learner, .dispatcher],
                report: report
            )
            let reloading = security.keyRing.map { ring in HangupSignal { ring.reload() } }
            defer { withExtendedLifetime(reloading) {} }
            let service = try LearnerService(
                configuration: configuration,
                directory: run,
                endpoints: LearnerEndpoints(base: endpoint),
                provider: ZeroMQTransport(security: security, report: report),
                signer: security.keyRing.map { try ManifestSigner(folder: $0.folder) },
                resume: resume
            )
            _ = try await service.run()
        } catch {
            writeNotice("learner: \(describe(error))")
            _exit(processExitCode(for: error))
        }
        // Sockets and threads end with the process; waiting for them gains nothing.
        _exit(0)
    }
}

/// The exit code an error deserves: 2 for what the user can put right, 1 for the rest.
package func processExitCode(for error: any Error) -> Int32 {
    switch error {
    case is ConfigurationError: 2
    case LearnerError.runDirectory, LearnerError.model, LearnerError.resume, LearnerError.ledger: 2
    case TransportError.addressInUse, TransportError.badEndpoint: 2
    case is KeyError: 2
    default: isInputError(error) ? 2 : 1
    }
}

/// What to tell people about an error.
package func describe(_ error: any Error) -> String {
    // Our own errors describe themselves; those of Foundation have a text for people.
    type(of: error) is NSError.Type || error is CocoaError ? error.localizedDescription : "\(error)"
}

/// The entry point of the executable.
package func runLearnerCommand() async { await LearnerCommand.main() }
